# The parts of the command line that do no more than turn values into text and back, for tests without a process.

if(TARGET penny_tests)
  foreach(name IN ITEMS escape exit_code json_text values)
    target_sources(penny_tests PRIVATE "${PROJECT_SOURCE_DIR}/src/cli/${name}.cpp")
  endforeach()
endif()
