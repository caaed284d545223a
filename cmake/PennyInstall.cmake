# cmake --install: headers, library, programs, find_package(penny), pkg-config.
