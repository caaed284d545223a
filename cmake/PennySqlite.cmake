# Target penny::sqlite: the bundled SQLite, compiled with our options, its symbols hidden. Never the system's copy: ours takes
# other locks.
#
# Source: PENNY_SQLITE_SOURCE_DIR if given (no network), else a pinned npm package, checked against its SHA-512 and kept in
# PENNY_CACHE_DIR, outside of the build tree.

set(penny_sqlite_version_min 3.54.1)  # 3.51.3 mended the WAL-reset race; 3.53.2 and 3.54.0 overflows of FTS5
set(PENNY_SQLITE_SOURCE_DIR "" CACHE PATH "Directory with sqlite3.c and sqlite3.h; skips any download")
set(penny_sqlite_package better-sqlite3)
set(penny_sqlite_package_version 13.2.0)  # carries SQLite 3.54.1
set(penny_sqlite_package_sha512 "67c43ff71fee3722b1035bf814da1dc88b51551c354de281ae68f7d89871851d1c78d70163ec0ca1bb7f06fecced3cf03c05e39d946d35a12c0139d465229665")

if(DEFINED ENV{PENNY_CACHE_DIR})
  set(penny_cache_default "$ENV{PENNY_CACHE_DIR}")
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(penny_cache_default "$ENV{XDG_CACHE_HOME}/penny")
else()
  set(penny_cache_default "$ENV{HOME}/.cache/penny")
endif()
set(PENNY_CACHE_DIR "${penny_cache_default}" CACHE PATH "Where downloads are kept")

# Sets `variable` to whether `file` is the pinned package.
function(penny_is_sqlite_package file variable)
  set(${variable} FALSE PARENT_SCOPE)
  if(EXISTS "${file}")
    file(SHA512 "${file}" sha512)
    if(sha512 STREQUAL penny_sqlite_package_sha512)
      set(${variable} TRUE PARENT_SCOPE)
    endif()
  endif()
endfunction()

function(penny_fetch_sqlite_package archive)
  file(MAKE_DIRECTORY "${PENNY_CACHE_DIR}")
  file(LOCK "${PENNY_CACHE_DIR}" DIRECTORY GUARD FUNCTION TIMEOUT 600)
  penny_is_sqlite_package("${archive}" is_there)
  if(is_there)
    return()
  endif()
  find_program(NPM_EXECUTABLE npm)
  set(advice "Give -DPENNY_SQLITE_SOURCE_DIR=<directory with sqlite3.c and sqlite3.h>, or put the package at ${archive}.")
  if(NOT NPM_EXECUTABLE)
    message(FATAL_ERROR "penny: npm, which fetches the bundled SQLite, is not installed. Run scripts/setup. ${advice}")
  endif()
  set(name "${penny_sqlite_package}@${penny_sqlite_package_version}")
  message(STATUS "penny: fetching ${name} for its SQLite into ${PENNY_CACHE_DIR}")
  set(folder "${PENNY_CACHE_DIR}/fetching")
  file(MAKE_DIRECTORY "${folder}")
  # From the cache folder, where no package.json or .npmrc of anybody changes what npm does.
  execute_process(
    COMMAND "${NPM_EXECUTABLE}" pack --loglevel=error --ignore-scripts --pack-destination "${folder}" "${name}"
    WORKING_DIRECTORY "${folder}"
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE error TIMEOUT 300)
  set(fetched "${folder}/${penny_sqlite_package}-${penny_sqlite_package_version}.tgz")
  if(NOT result EQUAL 0 OR NOT EXISTS "${fetched}")
    message(FATAL_ERROR "penny: `npm pack ${name}` failed (${result}):\n${error}\n${advice}")
  endif()
  penny_is_sqlite_package("${fetched}" is_right)
  if(NOT is_right)
    file(SHA512 "${fetched}" sha512)
    message(FATAL_ERROR "penny: ${fetched} has SHA-512\n${sha512}, expected\n${penny_sqlite_package_sha512}")
  endif()
  file(RENAME "${fetched}" "${archive}")
endfunction()

set(penny_sqlite_dir "${PENNY_SQLITE_SOURCE_DIR}")
set(penny_sqlite_parser_options "")
if(NOT penny_sqlite_dir)
  set(archive "${PENNY_CACHE_DIR}/${penny_sqlite_package}-${penny_sqlite_package_version}.tgz")
  set(unpacked "${CMAKE_BINARY_DIR}/sqlite")
  set(penny_sqlite_dir "${unpacked}/package/deps/sqlite3")
  set(stamp "${unpacked}/${penny_sqlite_package_sha512}")
  string(SUBSTRING "${stamp}" 0 120 stamp)
  if(NOT EXISTS "${stamp}")
    penny_is_sqlite_package("${archive}" is_there)
    if(NOT is_there)
      penny_fetch_sqlite_package("${archive}")
    endif()
    file(ARCHIVE_EXTRACT INPUT "${archive}" DESTINATION "${unpacked}" PATTERNS package/deps/sqlite3/* package/LICENSE)
    file(TOUCH "${stamp}")
  endif()
  # The package's parser tables were generated with it.
  set(penny_sqlite_parser_options SQLITE_ENABLE_UPDATE_DELETE_LIMIT=1)
endif()

file(STRINGS "${penny_sqlite_dir}/sqlite3.h" line REGEX "^#define SQLITE_VERSION  " LIMIT_COUNT 1)
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" penny_sqlite_version "${line}")
if(penny_sqlite_version VERSION_LESS penny_sqlite_version_min)
  message(FATAL_ERROR "penny: ${penny_sqlite_dir} is SQLite ${penny_sqlite_version}; ${penny_sqlite_version_min} or newer is needed")
endif()
message(STATUS "penny: bundled SQLite ${penny_sqlite_version}")

add_library(penny_sqlite STATIC "${penny_sqlite_dir}/sqlite3.c")
add_library(penny::sqlite ALIAS penny_sqlite)
target_include_directories(penny_sqlite SYSTEM PUBLIC "${penny_sqlite_dir}")
set_target_properties(penny_sqlite PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
target_compile_definitions(penny_sqlite PRIVATE
  ${penny_sqlite_parser_options}
  SQLITE_THREADSAFE=2
  SQLITE_DQS=0
  SQLITE_DEFAULT_MEMSTATUS=0
  SQLITE_DEFAULT_SYNCHRONOUS=2
  SQLITE_DEFAULT_WAL_SYNCHRONOUS=2
  SQLITE_MAX_MMAP_SIZE=0
  SQLITE_SECURE_DELETE
  SQLITE_LIKE_DOESNT_MATCH_BLOBS
  SQLITE_OMIT_DEPRECATED
  SQLITE_OMIT_SHARED_CACHE
  SQLITE_OMIT_LOAD_EXTENSION
  SQLITE_USE_ALLOCA
  # Pages of a connection's cache that are one piece of memory. When another process has committed the whole cache is thrown
  # away; page by page that would make the allocator give memory back and ask for it again in every commit.
  SQLITE_DEFAULT_PCACHE_INITSZ=256
  SQLITE_ENABLE_FTS5
  SQLITE_ENABLE_MATH_FUNCTIONS
  SQLITE_ENABLE_COLUMN_METADATA
  SQLITE_ENABLE_DBSTAT_VTAB
  SQLITE_ENABLE_DBPAGE_VTAB  # backups copy pages; an erase overwrites what SQLite leaves in the free space of pages
  HAVE_USLEEP=1
  HAVE_FDATASYNC=1)
target_compile_options(penny_sqlite PRIVATE -w)
if(PENNY_SANITIZE AND CMAKE_C_COMPILER_ID STREQUAL "Clang")
  # SQLite calls destructors and collations through pointers of other types.
  target_compile_options(penny_sqlite PRIVATE -fno-sanitize=function)
endif()
find_package(Threads REQUIRED)
target_link_libraries(penny_sqlite PRIVATE Threads::Threads m)
