import unittest

import sums


class Sums(unittest.TestCase):
    def test_a_right_answer_has_the_number_in_it(self):
        self.assertIsNone(sums.complaint(2, 2, "It is 4."))
        self.assertEqual(sums.complaint(2, 2, "It is five."), "4 is not in: It is five.")

    def test_a_terse_question_asks_for_the_number_alone(self):
        self.assertEqual(sums.question(1, 2, False), "What is 1 + 2?")
        self.assertTrue(sums.question(1, 2, True).endswith("alone."))
