"""The lit suite: one folder a dialect or a phase, files named after what they test."""

import ctypes
import importlib.util
import os
import shutil
import sys

import lit.formats
from lit.llvm import llvm_config

config.name = "Sluice"
config.test_format = lit.formats.ShTest(execute_external=not llvm_config.use_lit_shell)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "unit", "CMakeLists.txt", "seeds", "mutations"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.sluice_build_root, "test")

# Ours come first on the path, FileCheck, not, split-file and count lie with LLVM.
llvm_config.with_environment("PATH", config.sluice_tools_dir, append_path=True)
llvm_config.with_environment("PATH", config.llvm_tools_dir, append_path=True)
llvm_config.use_default_substitutions()
# A copy of the source with faults is told so which of them is switched on (test/mutations).
llvm_config.with_system_environment(["SLUICE_FAULT"])
# The Python that runs lit is Debian's, for which test/packages.txt installs NumPy; the first on the path may be another.
config.substitutions.append((r"\bpython3\b", sys.executable))
config.substitutions.append(("%examples", os.path.join(config.sluice_source_root, "examples")))
config.substitutions.append(("%inputs", os.path.join(config.test_source_root, "Inputs")))
config.substitutions.append(("%cxx", config.cxx_compiler))
config.substitutions.append(("%sluice_root", config.sluice_source_root))
config.substitutions.append(("%sluice_lib", os.path.join(config.sluice_build_root, "lib")))
config.substitutions.append(("%sluice_build", config.sluice_build_root))
config.substitutions.append(("%llvm_tools", config.llvm_tools_dir))
config.substitutions.append(("%llvm_include", config.llvm_include_dir))
config.substitutions.append(("%cmake", config.cmake_command))

if shutil.which("dpkg-deb") and shutil.which("dpkg-shlibdeps"):
    config.available_features.add("dpkg")

# The Python of the tests may have TensorBoard, whose reader then reads what programs write.
if importlib.util.find_spec("tensorboard"):
    config.available_features.add("tensorboard")

# ptxas is the toolkit's; the driver comes with a card.
if shutil.which("ptxas"):
    config.available_features.add("ptxas")
try:
    ctypes.CDLL("libcuda.so.1")
    config.available_features.add("cuda-driver")
except OSError:
    pass
