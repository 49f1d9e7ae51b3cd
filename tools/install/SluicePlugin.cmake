# sluice_add_plugin(NAME SOURCES...): NAME.so in the build folder, passes that `--load-pass-plugin` takes.
#
# Where the folder has a Passes.td, Passes.h.inc is generated from it. The plugin links libSluice.so alone: dialects and
# passes are in it once, and a tool that loads the plugin has it already.
function(sluice_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/Passes.td)
    set(LLVM_TARGET_DEFINITIONS Passes.td)
    file(GLOB dialects ${SLUICE_INCLUDE_DIR}/dialects/*)
    list(TRANSFORM dialects PREPEND -I)
    list(TRANSFORM MLIR_INCLUDE_DIRS PREPEND -I OUTPUT_VARIABLE includes)
    mlir_tablegen(Passes.h.inc -gen-pass-decls -name ${name} ${includes} -I${SLUICE_INCLUDE_DIR} ${dialects})
    add_public_tablegen_target(${name}PassIncGen)
    add_dependencies(${name} ${name}PassIncGen)
  endif()
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_BINARY_DIR})
  target_link_libraries(${name} PRIVATE Sluice::Sluice)
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()
