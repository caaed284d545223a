# Includes point down the house, and the check that says so sees when they do not.

if(PENNY_SANITIZE)
  return()  # the sources are the same with every flavour
endif()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(check_includes "${Python3_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/scripts/check-includes")

add_test(NAME House.IncludesPointDownwards COMMAND ${check_includes} "${PROJECT_SOURCE_DIR}")
add_test(NAME House.AnIncludeThatPointsUpIsFound COMMAND ${check_includes} "${CMAKE_CURRENT_SOURCE_DIR}/house")
set_tests_properties(House.AnIncludeThatPointsUpIsFound PROPERTIES
  PASS_REGULAR_EXPRESSION "store is not below base.*includes nothing of src.*2 files, 4 point the wrong way")
