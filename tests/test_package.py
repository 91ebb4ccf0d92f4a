import subprocess
import sys

HEAVY = ["torch", "timm", "matplotlib", "scipy.stats", "ipywidgets", "pandas"]


def test_import_brings_no_heavy_library_along():
    code = f"import sys, gzkit; print([name for name in {HEAVY} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
