import unittest

import waiting


class Waiting(unittest.TestCase):
    def test_chance_spreads_the_delay_from_half_to_one_and_a_half(self):
        self.assertEqual(waiting.pause(2, 0.0, None), waiting.SECOND)
        self.assertEqual(waiting.pause(2, 1.0, None), 3 * waiting.SECOND)

    def test_the_wish_of_the_server_is_heeded(self):
        self.assertEqual(waiting.pause(2, 0.5, 30 * waiting.SECOND), 30 * waiting.SECOND)

    def test_it_gives_up_after_its_retries(self):
        self.assertFalse(waiting.is_spent(3, 3))
        self.assertTrue(waiting.is_spent(4, 3))
