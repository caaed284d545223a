# The protocol's own package, as the server that our client of Wyoming is tested against. From the Python registry, by version and
# SHA-256, kept in PENNY_CACHE_DIR; nothing of it is installed, Python reads the archive.

if(PENNY_TOOLS AND TARGET penny_tests)
  set(wyoming_version 1.10.2)
  set(wyoming_sha256 08aec17ccad4d72fc3f919ab741beacf3f23a1df24c8b9a317ebc6e02d2b227c)
  set(wyoming_package "${PENNY_CACHE_DIR}/wyoming-${wyoming_version}-py3-none-any.whl")

  function(penny_fetch_wyoming)
    file(MAKE_DIRECTORY "${PENNY_CACHE_DIR}")
    file(LOCK "${PENNY_CACHE_DIR}" DIRECTORY GUARD FUNCTION TIMEOUT 600)
    if(EXISTS "${wyoming_package}")
      file(SHA256 "${wyoming_package}" sha256)
      if(sha256 STREQUAL wyoming_sha256)
        return()
      endif()
    endif()
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    message(STATUS "penny: fetching wyoming ${wyoming_version} for tests into ${PENNY_CACHE_DIR}")
    set(folder "${CMAKE_BINARY_DIR}/wyoming")
    file(MAKE_DIRECTORY "${folder}")
    file(WRITE "${folder}/requirements.txt" "wyoming==${wyoming_version} --hash=sha256:${wyoming_sha256}\n")
    execute_process(
      COMMAND "${Python3_EXECUTABLE}" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes
        --dest "${folder}" --requirement "${folder}/requirements.txt"
      RESULT_VARIABLE result ERROR_VARIABLE error TIMEOUT 300)
    if(NOT result EQUAL 0)
      message(FATAL_ERROR "penny: wyoming ${wyoming_version} cannot be fetched (${result}):\n${error}\nRun scripts/setup test, or put it at ${wyoming_package}.")
    endif()
    file(RENAME "${folder}/wyoming-${wyoming_version}-py3-none-any.whl" "${wyoming_package}")
  endfunction()
  penny_fetch_wyoming()

  penny_test_path(penny_tests PENNY_TEST_WYOMING_PACKAGE "${wyoming_package}")
  penny_test_path(penny_tests PENNY_TEST_WYOMING_SERVER "${CMAKE_CURRENT_SOURCE_DIR}/assistant/voice/wyoming_server.py")
endif()
