# The library.
#
# penny         what is installed: a static library of one relocatable object that holds Penny's objects and SQLite, whose
#               symbols are local there. A program that links -lsqlite3, in whichever order, keeps its copy and Penny its own.
# penny_parts   the same objects and penny::sqlite, for tests: they reach into the one SQLite that the store uses.

set(penny_rooms base model rules recall backend store)
set(penny_globs ${penny_rooms})
list(TRANSFORM penny_globs PREPEND "${PROJECT_SOURCE_DIR}/src/")
list(TRANSFORM penny_globs APPEND "/*.cpp")
file(GLOB_RECURSE penny_sources CONFIGURE_DEPENDS ${penny_globs})

add_library(penny_objects OBJECT ${penny_sources})
target_include_directories(penny_objects
  PUBLIC "${PROJECT_SOURCE_DIR}/include"
  PRIVATE "${PROJECT_SOURCE_DIR}/src")
target_link_libraries(penny_objects PRIVATE penny_compile_options penny::sqlite
  fmt::fmt Boost::json OpenSSL::Crypto Threads::Threads)

penny_precompile(penny_objects <fmt/format.h> <algorithm> <chrono> <filesystem> <functional> <memory> <optional> <string> <vector>)

# Precompiled headers count as objects, and are none.
set(penny_object_files "$<FILTER:$<TARGET_OBJECTS:penny_objects>,EXCLUDE,[.]gch$>")

add_library(penny_parts INTERFACE)
target_sources(penny_parts INTERFACE "${penny_object_files}")
target_include_directories(penny_parts INTERFACE "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
target_link_libraries(penny_parts INTERFACE penny::sqlite fmt::fmt Boost::json OpenSSL::Crypto Threads::Threads)

set(penny_bundle "${CMAKE_CURRENT_BINARY_DIR}/penny_bundle.o")
add_custom_command(OUTPUT "${penny_bundle}"
  COMMAND "${CMAKE_COMMAND}" "-DLINKER=${CMAKE_LINKER}" "-DNM=${CMAKE_NM}" "-DOBJCOPY=${CMAKE_OBJCOPY}"
          "-DOUTPUT=${penny_bundle}" "-DOURS=${penny_object_files}"
          "-DHIDDEN=$<TARGET_OBJECTS:penny_sqlite>" -P "${PROJECT_SOURCE_DIR}/cmake/bundle.cmake"
  DEPENDS penny_objects penny_sqlite "${penny_object_files}" "$<TARGET_OBJECTS:penny_sqlite>"
          "${PROJECT_SOURCE_DIR}/cmake/bundle.cmake"
  COMMENT "Joining Penny and its hidden SQLite"
  VERBATIM)

add_library(penny STATIC "${penny_bundle}")
add_library(penny::penny ALIAS penny)
set_target_properties(penny PROPERTIES LINKER_LANGUAGE CXX)
target_compile_features(penny INTERFACE cxx_std_23)
target_include_directories(penny INTERFACE
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_link_libraries(penny PRIVATE fmt::fmt Boost::json OpenSSL::Crypto m PUBLIC Threads::Threads)
