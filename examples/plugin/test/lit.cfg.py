"""The tests of the plugin: the pass alone, and in the driver."""

import os

import lit.formats
from lit.llvm import llvm_config

config.name = "ScaleBranches"
config.test_format = lit.formats.ShTest(execute_external=not llvm_config.use_lit_shell)
config.suffixes = [".mlir", ".test"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.plugin_build_root, "test")
llvm_config.with_environment("PATH", config.sluice_tools_dir, append_path=True)
llvm_config.with_environment("PATH", config.llvm_tools_dir, append_path=True)
config.substitutions.append(("%plugin", os.path.join(config.plugin_build_root, "ScaleBranches.so")))
