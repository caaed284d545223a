# cmake --install: headers, library, programs, find_package(penny) and pkg-config.

include(CMakePackageConfigHelpers)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/penny" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.hpp")
install(TARGETS penny EXPORT pennyTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
foreach(program penny_program penny_account)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  endif()
endforeach()

if(TARGET penny_pages)
  set(pages "${PROJECT_BINARY_DIR}/share")
  install(FILES "${pages}/penny.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
  install(FILES "${pages}/penny.bash" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME penny)
  install(FILES "${pages}/penny.zsh" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" RENAME _penny)
  install(FILES "${pages}/penny.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
endif()

set(penny_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/penny")
install(EXPORT pennyTargets NAMESPACE penny:: DESTINATION "${penny_package_dir}")
if(TARGET penny_tools)
  install(TARGETS penny_tools EXPORT pennyToolsTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(EXPORT pennyToolsTargets NAMESPACE penny:: DESTINATION "${penny_package_dir}")
endif()
configure_package_config_file(cmake/pennyConfig.cmake.in "${PROJECT_BINARY_DIR}/pennyConfig.cmake"
  INSTALL_DESTINATION "${penny_package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/pennyConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/pennyConfig.cmake" "${PROJECT_BINARY_DIR}/pennyConfigVersion.cmake"
  DESTINATION "${penny_package_dir}")

# From penny.pc's folder to the prefix, so that the installed tree may be moved.
file(RELATIVE_PATH penny_pc_to_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(cmake/penny.pc.in penny.pc @ONLY)
if(TARGET penny_tools)
  configure_file(cmake/penny-tools.pc.in penny-tools.pc @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/penny-tools.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endif()
install(FILES "${PROJECT_BINARY_DIR}/penny.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
