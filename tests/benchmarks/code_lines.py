"""Lines of code (no blanks, comments, docstrings) by folder of gzkit, and the longest file and functions.

python tests/benchmarks/code_lines.py
"""

import ast
import io
import tokenize
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "gzkit"
SILENT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def lines_of_code(text):
    """Numbers of the lines that hold code."""
    documented = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, WITH_DOCSTRING) and ast.get_docstring(node, clean=False) is not None:
            documented.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    tokens = (t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type not in SILENT)
    return {line for token in tokens for line in range(token.start[0], token.end[0] + 1)} - documented


def main():
    folders, functions, files = defaultdict(list), [], []
    for path in sorted(PACKAGE.rglob("*.py")):
        text, name = path.read_text(encoding="utf-8"), path.relative_to(PACKAGE)
        code = lines_of_code(text)
        folders[name.parts[0] if len(name.parts) > 1 else "."].append(len(code))
        files.append((len(text.splitlines()), name.as_posix()))
        functions += [
            (len(code & set(range(node.lineno, node.end_lineno + 1))), f"{name.as_posix()}:{node.name}")
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef)
        ]
    for folder, counts in sorted(folders.items(), key=lambda item: -sum(item[1])):
        print(f"{sum(counts):6} lines in {len(counts):3} files  {folder}")
    javascript = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in PACKAGE.rglob("*.js"))
    print(
        f"{sum(map(sum, folders.values())):6} lines in {len(files):3} files  altogether; {javascript} of JavaScript"
    )
    print(f"longest file: {max(files)[1]} ({max(files)[0]} lines with its documentation)")
    print(
        "longest functions (code):", ", ".join(f"{name} {size}" for size, name in sorted(functions)[:-6:-1])
    )


if __name__ == "__main__":
    main()
