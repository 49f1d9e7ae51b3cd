# What `cmake --install` puts into a prefix, and the Debian package that `cpack` makes of it.
#
#   bin/             the tools
#   lib/             libSluice.so, the runtime that compiled programs link, lib/cmake/Sluice for find_package(Sluice)
#   include/sluice/  headers and .td files of dialects and passes, with what is generated of them, and the ABI
include(CMakePackageConfigHelpers)

install(TARGETS sluicec sluice-opt sluice-run sluice-compare sluice-lsp-server sluice-reduce
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS Sluice EXPORT SluiceTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS sluice-runtime ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

set(SLUICE_INSTALL_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR}/sluice)
foreach(folder dialects passes)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/${folder} DESTINATION ${SLUICE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN Precompiled.h EXCLUDE)
  install(DIRECTORY ${CMAKE_BINARY_DIR}/${folder} DESTINATION ${SLUICE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h.inc" PATTERN CMakeFiles EXCLUDE PATTERN "*.dir" EXCLUDE)
endforeach()
install(FILES ${CMAKE_SOURCE_DIR}/runtime/abi.h DESTINATION ${SLUICE_INSTALL_INCLUDEDIR}/runtime)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Sluice)
install(EXPORT SluiceTargets NAMESPACE Sluice:: DESTINATION ${package_folder})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/SluiceConfig.cmake.in ${CMAKE_BINARY_DIR}/SluiceConfig.cmake
  INSTALL_DESTINATION ${package_folder}
  PATH_VARS SLUICE_INSTALL_INCLUDEDIR CMAKE_INSTALL_BINDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/SluiceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/SluiceConfig.cmake ${CMAKE_BINARY_DIR}/SluiceConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/SluicePlugin.cmake DESTINATION ${package_folder})
# Debian keeps the licence of a package in a file of this name.
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/sluice RENAME copyright)
install(FILES ${CMAKE_SOURCE_DIR}/examples/quickstart.json DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/sluice/examples)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME sluice)
set(CPACK_PACKAGE_CONTACT "The Sluice project <sluice@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "compiler of training steps of transformers")
set(CPACK_PACKAGE_DESCRIPTION "Compiles a JSON description of a transformer to a stand-alone program that trains it.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
# What libSluice.so and the tools load is read from them; a program is linked by a driver of C++.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "clang-22 | g++")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, libmlir-22-dev, mlir-22-tools")
include(CPack)
