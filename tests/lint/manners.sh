#!/bin/sh
# manners.sh LIBRARY... - in the process of somebody else a library has no
# writable globals and does not ask for what is its host's: environment,
# signals, files, other programs, the end of the process. An assert may end it,
# when our own state has broken.
status=0
for lib; do
	nm -D --undefined-only "$lib" | awk -v lib="$lib" '
		{ sub(/@.*/, "", $2) }
		$2 ~ /^(secure_)?getenv$|^(set|put|unset|clear)env$|^environ$/ ||
		$2 ~ /^_*(exit|Exit|quick_exit|abort)$|^(on_|at_?)exit$/ ||
		$2 ~ /^(bsd_|sysv_)?signal$|^sig(action|procmask|altstack|wait.*)$/ ||
		$2 ~ /^(raise|kill|killpg|alarm|setitimer|pause)$/ ||
		$2 ~ /^v?fork$|^(posix_spawn|exec|wait).*|^(system|popen)$/ ||
		$2 ~ /^_*f?open(at)?(64)?(_2)?$|^(dlopen|dlsym|chdir|umask)$/ ||
		$2 ~ /^(stdout|stdin|printf|puts|putchar|perror|setlocale)$/ {
			print lib ": uses " $2; bad = 1 }
		END { if (!NR) { print lib ": uses nothing?"; bad = 1 }
			exit bad }' || status=1
	# What is constant but for relocation is in sections of its own; those
	# few are the compiler's and the linker's.
	objdump -t "$lib" | awk -v lib="$lib" '
		!/ \.(data|bss|tdata|tbss|tm_clone_table)\t/ { next }
		{ n++ }
		/ d +\./ || $NF ~ /^(completed\.[0-9]+|__dso_handle)$/ ||
		$NF ~ /^__cpu_(model|features2)$/ || # of ORL_WIDE
		$NF ~ /^(__TMC_END__|__bss_start|_edata|_end)$/ { next }
		{ print lib ": writable: " $NF; bad = 1 }
		END { if (!n) { print lib ": is stripped"; bad = 1 }
			exit bad }' || status=1
done
exit $status
