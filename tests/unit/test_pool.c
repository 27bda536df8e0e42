/*
 * test_pool.c - every job runs once, its end is told in the loop thread, and
 * destroying leaves nobody behind. Meant for the thread sanitizer as well.
 */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/io/host.h"
#include "proto/io/pool.h"

enum { JOBS = 500, SLICES = 4 };

struct world {
	struct orl_env env;
	struct orl_loop *loop;
	struct orl_pool *pool;
};

struct task {
	struct orl_job job;
	unsigned input, output; /* plain memory: the pool must order access */
	unsigned done;
	pthread_t loop_thread, worker;
	struct orl_pool *pool; /* slices run in it */
	unsigned nap;
	atomic_uint *running, *ran;
};

static struct world *world_create(unsigned workers)
{
	struct world *w = calloc(1, sizeof(*w));
	assert_int_equal(orl_host_env(&w->env, NULL), 0);
	assert_int_equal(orl_loop_create(&w->loop, &w->env), 0);
	assert_int_equal(orl_pool_create(&w->pool, w->loop, workers), 0);
	assert_int_equal(orl_pool_workers(w->pool), workers);
	return w;
}

static void world_destroy(struct world *w)
{
	orl_pool_destroy(w->pool);
	orl_loop_destroy(w->loop);
	free(w);
}

static void square(struct orl_job *job)
{
	struct task *t = orl_container(job, struct task, job);
	if (t->running)
		atomic_fetch_add(t->running, 1);
	if (t->nap)
		usleep(t->nap);
	t->output = t->input * t->input;
	t->worker = pthread_self();
	if (t->ran)
		atomic_fetch_add(t->ran, 1);
}

static void told(struct orl_job *job)
{
	struct task *t = orl_container(job, struct task, job);
	assert_true(pthread_equal(pthread_self(), t->loop_thread));
	assert_int_equal(t->output, t->input * t->input);
	t->done++;
}

static struct task *make_tasks(unsigned n)
{
	struct task *t = calloc(n, sizeof(*t));
	for (unsigned i = 0; i < n; i++) {
		t[i].job.work = square;
		t[i].job.done = told;
		t[i].input = i;
		t[i].loop_thread = pthread_self();
	}
	return t;
}

static void jobs_run_once_and_are_told(void **state)
{
	(void)state;
	for (unsigned workers = 0; workers <= 3; workers++) {
		struct world *w = world_create(workers);
		struct task *t = make_tasks(JOBS);
		unsigned done = 0;
		for (unsigned i = 0; i < JOBS; i++)
			orl_pool_submit(w->pool, &t[i].job);
		/* Not told before dispatch, even without workers. */
		for (unsigned i = 0; i < JOBS; i++)
			assert_int_equal(t[i].done, 0);
		while (done < JOBS) {
			assert_true(orl_loop_wait(w->loop, -1) >= 0);
			done = 0;
			for (unsigned i = 0; i < JOBS; i++)
				done += t[i].done;
		}
		assert_int_equal(done, JOBS);
		world_destroy(w);
		free(t);
	}
}

static void run_waits_for_all(void **state)
{
	(void)state;
	for (unsigned workers = 0; workers <= 3; workers++) {
		struct world *w = world_create(workers);
		struct task *t = make_tasks(SLICES);
		struct orl_job *jobs[SLICES];
		for (unsigned round = 0; round < 200; round++) {
			for (unsigned i = 0; i < SLICES; i++) {
				jobs[i] = &t[i].job;
				t[i].input = round + i;
				t[i].output = 0;
			}
			orl_pool_run(w->pool, jobs, round % (SLICES + 1));
			for (unsigned i = 0; i < round % (SLICES + 1); i++)
				assert_int_equal(t[i].output,
						(round + i) * (round + i));
		}
		orl_loop_dispatch(w->loop, 0);
		for (unsigned i = 0; i < SLICES; i++)
			assert_int_equal(t[i].done, 0);
		world_destroy(w);
		free(t);
	}
}

static void sliced(struct orl_job *job)
{
	struct task *t = orl_container(job, struct task, job);
	struct task part[SLICES] = { 0 };
	struct orl_job *jobs[SLICES];
	for (unsigned i = 0; i < SLICES; i++) {
		part[i].job.work = square;
		part[i].input = i;
		jobs[i] = &part[i].job;
	}
	orl_pool_run(t->pool, jobs, SLICES);
	t->output = 0;
	for (unsigned i = 0; i < SLICES; i++)
		t->output += part[i].output;
}

static void told_sliced(struct orl_job *job)
{
	orl_container(job, struct task, job)->done++;
}

/* A job that runs slices, in a worker, must not deadlock on busy workers. */
static void jobs_may_run_slices(void **state)
{
	struct world *w = world_create(2);
	struct task *t = make_tasks(50);
	unsigned done = 0;
	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		t[i].job.work = sliced;
		t[i].job.done = told_sliced;
		t[i].pool = w->pool;
		orl_pool_submit(w->pool, &t[i].job);
	}
	while (done < 50) {
		orl_loop_wait(w->loop, -1);
		done = 0;
		for (unsigned i = 0; i < 50; i++)
			done += t[i].done;
	}
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(t[i].output, 0 + 1 + 4 + 9);
	world_destroy(w);
	free(t);
}

static void destroy_finishes_and_drops(void **state)
{
	atomic_uint running = 0, ran = 0;
	struct world *w = world_create(2);
	struct task *t = make_tasks(20);
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		t[i].running = &running;
		t[i].ran = &ran;
		t[i].nap = 2000;
		orl_pool_submit(w->pool, &t[i].job);
	}
	while (atomic_load(&running) == 0)
		usleep(100);
	orl_pool_destroy(w->pool);
	unsigned all = atomic_load(&ran);
	assert_true(all == atomic_load(&running));
	assert_in_range(all, 1, 20);
	/* Nobody touches them any more: neither a worker nor the loop. */
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(t[i].done, 0);
	free(t);
	orl_loop_dispatch(w->loop, 0);
	assert_int_equal(atomic_load(&ran), all);
	orl_loop_destroy(w->loop);
	free(w);
}

static void see_signals(struct orl_job *job)
{
	struct task *t = orl_container(job, struct task, job);
	sigset_t set;
	pthread_sigmask(SIG_SETMASK, NULL, &set);
	t->output = (unsigned)(sigismember(&set, SIGINT) &&
			       sigismember(&set, SIGALRM) &&
			       sigismember(&set, SIGCHLD));
	t->worker = pthread_self();
}

static void workers_block_signals(void **state)
{
	struct world *w = world_create(1);
	struct task *t = make_tasks(1);
	sigset_t mine;
	(void)state;
	t->job.work = see_signals;
	t->job.done = told_sliced;
	orl_pool_submit(w->pool, &t->job);
	while (!t->done)
		orl_loop_wait(w->loop, -1);
	assert_false(pthread_equal(t->worker, pthread_self()));
	assert_int_equal(t->output, 1);
	pthread_sigmask(SIG_SETMASK, NULL, &mine);
	assert_int_equal(sigismember(&mine, SIGINT), 0);
	world_destroy(w);
	free(t);
}

static void told_again(struct orl_job *job)
{
	struct task *t = orl_container(job, struct task, job);
	if (++t->done < 10)
		orl_pool_submit(t->pool, job);
}

static void done_may_submit(void **state)
{
	(void)state;
	for (unsigned workers = 0; workers <= 1; workers++) {
		struct world *w = world_create(workers);
		struct task *t = make_tasks(1);
		t->job.done = told_again;
		t->pool = w->pool;
		orl_pool_submit(w->pool, &t->job);
		while (t->done < 10)
			orl_loop_wait(w->loop, -1);
		world_destroy(w);
		free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_run_once_and_are_told),
		cmocka_unit_test(run_waits_for_all),
		cmocka_unit_test(jobs_may_run_slices),
		cmocka_unit_test(destroy_finishes_and_drops),
		cmocka_unit_test(workers_block_signals),
		cmocka_unit_test(done_may_submit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
