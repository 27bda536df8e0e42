/*
 * pool.c - worker threads that somebody asked for.
 *
 * One lock for everything: a job is milliseconds of encoding, so a queue per
 * worker would buy nothing. Finished jobs gather in a list that is handed to
 * the loop thread with one post, however many they are.
 */
#include "proto/io/pool.h"

#include <pthread.h>
#include <signal.h>

/* One orl_pool_run(), on the stack of its caller. */
struct orl_pool_run {
	size_t left;
	pthread_cond_t finished;
};

struct orl_pool {
	const struct orl_env *env;
	struct orl_loop *loop;
	pthread_mutex_t lock; /* of everything below but threads */
	pthread_cond_t work, begun;
	unsigned running; /* threads that have come as far as to worker() */
	struct orl_node queued, done;
	struct orl_posted posted;
	bool ending;
	unsigned n;
	pthread_t threads[];
};

static struct orl_job *job_of(struct orl_node *node)
{
	return orl_container(node, struct orl_job, node);
}

/* With the lock held; it is let go of during the work. */
static void work_on(struct orl_pool *pool, struct orl_job *job)
{
	struct orl_pool_run *run = job->run;
	bool report = !run && job->done;

	orl_list_remove(&job->node);
	pthread_mutex_unlock(&pool->lock);
	job->work(job);
	pthread_mutex_lock(&pool->lock);
	/* A job without done is its owner's again as soon as it has run. */
	if (report) {
		orl_list_append(&pool->done, &job->node);
		orl_loop_post(pool->loop, &pool->posted);
	} else if (run && --run->left == 0) {
		pthread_cond_signal(&run->finished);
	}
}

static void *worker(void *arg)
{
	struct orl_pool *pool = arg;
	pthread_mutex_lock(&pool->lock);
	pool->running++;
	pthread_cond_signal(&pool->begun);
	while (!pool->ending) {
		if (orl_list_empty(&pool->queued))
			pthread_cond_wait(&pool->work, &pool->lock);
		else
			work_on(pool, job_of(pool->queued.next));
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* In the loop thread. A done may submit, or destroy the jobs, not the pool. */
static void report_done(struct orl_posted *posted)
{
	struct orl_pool *pool = orl_container(posted, struct orl_pool, posted);
	pthread_mutex_lock(&pool->lock);
	while (!orl_list_empty(&pool->done)) {
		struct orl_job *job = job_of(pool->done.next);
		orl_list_remove(&job->node);
		pthread_mutex_unlock(&pool->lock);
		job->done(job);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
}

int orl_pool_create(
		struct orl_pool **out, struct orl_loop *loop, unsigned workers)
{
	const struct orl_env *env = orl_loop_env(loop);
	sigset_t all, kept;
	size_t size;
	struct orl_pool *pool;

	if (!orl_mul(&size, workers, sizeof(pthread_t)) ||
			!orl_add(&size, size, sizeof(*pool)))
		return ORIEL_ENOMEM;
	pool = orl_alloc(env, 1, size);
	if (!pool)
		return ORIEL_ENOMEM;
	pool->env = env;
	pool->loop = loop;
	pool->posted.run = report_done;
	orl_list_init(&pool->queued);
	orl_list_init(&pool->done);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->begun, NULL);

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &kept);
	while (pool->n < workers && pthread_create(&pool->threads[pool->n],
						    NULL, worker, pool) == 0)
		pool->n++;
	pthread_sigmask(SIG_SETMASK, &kept, NULL);
	/* A thread that begins makes system calls, which a host may forbid now. */
	pthread_mutex_lock(&pool->lock);
	while (pool->running < pool->n)
		pthread_cond_wait(&pool->begun, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
	if (pool->n < workers) {
		orl_pool_destroy(pool);
		return ORIEL_ENOMEM;
	}
	*out = pool;
	return 0;
}

void orl_pool_destroy(struct orl_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->ending = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->n; i++)
		pthread_join(pool->threads[i], NULL);
	orl_loop_unpost(pool->loop, &pool->posted);
	pthread_cond_destroy(&pool->work);
	pthread_cond_destroy(&pool->begun);
	pthread_mutex_destroy(&pool->lock);
	orl_free(pool->env, pool);
}

unsigned orl_pool_workers(const struct orl_pool *pool)
{
	return pool->n;
}

void orl_pool_submit(struct orl_pool *pool, struct orl_job *job)
{
	job->run = NULL;
	pthread_mutex_lock(&pool->lock);
	orl_list_append(&pool->queued, &job->node);
	if (pool->n)
		pthread_cond_signal(&pool->work);
	else
		work_on(pool, job);
	pthread_mutex_unlock(&pool->lock);
}

/* The first job of this run that nobody has begun. */
static struct orl_job *job_left(
		struct orl_pool *pool, const struct orl_pool_run *run)
{
	ORL_EACH (node, &pool->queued) {
		if (job_of(node)->run == run)
			return job_of(node);
	}
	return NULL;
}

void orl_pool_run(struct orl_pool *pool, struct orl_job *const *jobs, size_t n)
{
	struct orl_pool_run run = { .left = n };
	struct orl_job *job;

	if (!n)
		return;
	pthread_cond_init(&run.finished, NULL);
	pthread_mutex_lock(&pool->lock);
	/* In front and in order: appending to the first inserts before. */
	struct orl_node *first = pool->queued.next;
	for (size_t i = 0; i < n; i++) {
		jobs[i]->run = &run;
		orl_list_append(first, &jobs[i]->node);
	}
	if (pool->n && n > 1)
		pthread_cond_broadcast(&pool->work);
	while ((job = job_left(pool, &run)))
		work_on(pool, job);
	while (run.left)
		pthread_cond_wait(&run.finished, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
	pthread_cond_destroy(&run.finished);
}
