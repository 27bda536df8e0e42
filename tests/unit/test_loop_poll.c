/*
 * test_loop_poll.c - test_loop.c on the poll() backend. Its functions get
 * names of their own, since the library's loop is linked in as well.
 */
#define ORL_NO_EPOLL 1
#define orl_loop_create poll_loop_create
#define orl_loop_destroy poll_loop_destroy
#define orl_loop_env poll_loop_env
#define orl_loop_fd poll_loop_fd
#define orl_loop_dispatch poll_loop_dispatch
#define orl_loop_wait poll_loop_wait
#define orl_loop_wake poll_loop_wake
#define orl_loop_wakeups poll_loop_wakeups
#define orl_loop_arms poll_loop_arms
#define orl_watch_start poll_watch_start
#define orl_watch_change poll_watch_change
#define orl_watch_stop poll_watch_stop
#define orl_timer_set poll_timer_set
#define orl_timer_stop poll_timer_stop
#define orl_loop_defer poll_loop_defer
#define orl_loop_undefer poll_loop_undefer
#define orl_loop_post poll_loop_post
#define orl_loop_unpost poll_loop_unpost

#include "proto/io/loop.c"
#include "tests/unit/test_loop.c"
