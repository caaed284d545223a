# Programs with Penny and the system's SQLite, shared and static, in both orders. The order counts: the linker takes a symbol
# from the first library that has it.

if(PENNY_SANITIZE)
  return()  # the symbols are the same with every flavour
endif()

find_library(SYSTEM_SQLITE_SHARED NAMES libsqlite3.so REQUIRED)
find_library(SYSTEM_SQLITE_STATIC NAMES libsqlite3.a REQUIRED)

function(add_link_test name)
  add_executable(${name} link/two_copies.cpp)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/link")
  target_compile_definitions(${name} PRIVATE "PENNY_BUNDLED_SQLITE_VERSION=\"${penny_sqlite_version}\"")
  target_link_libraries(${name} PRIVATE penny_compile_options ${ARGN} m ${CMAKE_DL_LIBS})
  add_test(NAME TwoCopiesOfSqlite.${name} COMMAND ${name})
endfunction()

add_link_test(PennyBeforeTheSharedOne penny "${SYSTEM_SQLITE_SHARED}")
add_link_test(TheSharedOneBeforePenny "${SYSTEM_SQLITE_SHARED}" penny)
add_link_test(PennyBeforeTheStaticOne penny "${SYSTEM_SQLITE_STATIC}")
add_link_test(TheStaticOneBeforePenny "${SYSTEM_SQLITE_STATIC}" penny)

add_test(NAME TwoCopiesOfSqlite.TheLibraryShowsNoneOfItsOwn
  COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/link/hidden_symbols.sh" "${CMAKE_NM}" "$<TARGET_FILE:penny>")
