# sluice_room(NAME SOURCES...): the objects of one folder.
function(sluice_room name)
  add_library(Sluice${name} OBJECT ${ARGN})
  # Sources include the generated headers of their neighbours.
  add_dependencies(Sluice${name} SluiceGeneratedHeaders)
  set_target_properties(Sluice${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  if(SLUICE_PRECOMPILE)
    target_precompile_headers(Sluice${name} REUSE_FROM SluicePrecompiled)
  endif()
endfunction()

# sluice_phase(NAME SOURCES...): a room with passes, which are declared in Passes.td beside the sources.
function(sluice_phase name)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name Sluice${name})
  add_public_tablegen_target(Sluice${name}PassIncGen)
  add_dependencies(SluiceGeneratedHeaders Sluice${name}PassIncGen)
  sluice_room(${name} ${ARGN})
endfunction()
