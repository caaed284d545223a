# The room of the tools, a library of its own: who only wants the store needs none of what it needs.
#
# penny_tools   registry, guard, sandbox and the built-in tools; on top of penny, or of penny_parts in tests

if(PENNY_TOOLS)
  find_package(PkgConfig REQUIRED)
  find_package(CURL 7.87 REQUIRED)
  find_package(ICU 72 REQUIRED COMPONENTS i18n uc)
  pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp>=2.5)
  pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)

  file(GLOB tool_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/tools/*.cpp")
  add_library(penny_tools STATIC ${tool_sources})
  add_library(penny::tools ALIAS penny_tools)
  set_target_properties(penny_tools PROPERTIES EXPORT_NAME tools)
  target_include_directories(penny_tools
    PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>"
           "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>")
  # In the build tree whoever links it chooses between penny and penny_parts.
  target_link_libraries(penny_tools
    PRIVATE $<BUILD_INTERFACE:penny_compile_options>
    PUBLIC $<INSTALL_INTERFACE:penny::penny> fmt::fmt Boost::json CURL::libcurl PkgConfig::re2 ICU::i18n ICU::uc
           PkgConfig::seccomp Threads::Threads)
  penny_precompile(penny_tools <boost/json.hpp> <fmt/format.h> <algorithm> <chrono> <functional> <memory> <optional> <string> <vector>)
endif()
