#!/bin/sh
# headers.sh CC - every public header, alone, as C99, C11 and C++11; every
# internal header alone as C11.
cc=${1:-cc}
status=0
flags='-Wall -Wextra -Wpedantic -Werror -Iinclude -I. -fsyntax-only'
for h in include/oriel/*.h; do
	$cc -std=c99 $flags -x c "$h" || status=1
	$cc -std=c11 $flags -x c "$h" || status=1
	c++ -std=c++11 $flags -x c++ "$h" || status=1
done
for h in proto/*.h proto/io/*.h codecs/*.h server/*.h client/*.h; do
	$cc -std=c11 -D_GNU_SOURCE $flags -x c "$h" || status=1
done
exit $status
