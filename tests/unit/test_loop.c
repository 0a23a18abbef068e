/* test_loop.c - timers that keep their time, pokes, turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/rng.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { MANY = 500 };

/* What happened to a loop under test. */
struct stage {
    struct loop loop;
    struct timer timers[MANY];
    struct timer *fired[MANY * 2]; /* in that order */
    size_t nfired, wanted;
    struct timer watchdog;
    int overdue;
};

static void on_watchdog(struct timer *t)
{
    struct stage *st = t->arg;
    st->overdue = 1;
    loop_quit(&st->loop);
}

static void on_fire(struct timer *t)
{
    struct stage *st = t->arg;
    assert_false(timer_armed(t));
    assert_true(clock_us() >= t->at);
    assert_true(st->nfired < COUNT_OF(st->fired));
    st->fired[st->nfired++] = t;
    if (st->nfired == st->wanted)
        loop_quit(&st->loop);
}

static struct stage *stage_open(void)
{
    struct stage *st = xcalloc(1, sizeof *st);
    assert_int_equal(loop_init(&st->loop, NULL, NULL, NULL), 0);
    for (size_t i = 0; i < MANY; i++)
        st->timers[i] = (struct timer){ .fire = on_fire, .arg = st };
    st->watchdog = (struct timer){ .fire = on_watchdog, .arg = st };
    return st;
}

static void stage_close(struct stage *st)
{
    loop_fini(&st->loop);
    loop_fini(&st->loop);
    free(st);
}

/* Runs until so many have fired, or for so long. */
static void stage_run(struct stage *st, size_t wanted, int64_t us)
{
    st->nfired = 0;
    st->wanted = wanted;
    st->overdue = 0;
    loop_arm(&st->loop, &st->watchdog, clock_us() + us);
    loop_run(&st->loop);
    loop_disarm(&st->loop, &st->watchdog);
}

static void timers_fire_in_order_and_never_early(void **state)
{
    struct stage *st = stage_open();
    struct rng r;
    int64_t now = clock_us();
    (void)state;
    rng_init(&r, 1, RNG_LOAD, 0);
    for (size_t i = 0; i < MANY; i++)
        loop_arm(&st->loop, &st->timers[i],
                 now + (int64_t)rng_below(&r, 30000) - 1000);
    stage_run(st, MANY, 10 * US_PER_S);
    assert_int_equal(st->nfired, MANY);
    for (size_t i = 1; i < MANY; i++)
        assert_true(st->fired[i - 1]->at <= st->fired[i]->at);
    stage_close(st);
}

static void a_timer_armed_anew_fires_at_its_new_time_only(void **state)
{
    static const struct {
        int64_t first, then;
    } cases[] = {
        { 1000, 15000 }, { 15000, 1000 }, { 3600000000, 2000 }, { -5, 4000 }
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage *st = stage_open();
        int64_t now = clock_us();
        loop_arm(&st->loop, &st->timers[0], now + cases[i].first);
        loop_arm(&st->loop, &st->timers[0], now + cases[i].then);
        assert_true(timer_armed(&st->timers[0]));
        stage_run(st, 2, 30000);
        assert_true(st->overdue);
        assert_int_equal(st->nfired, 1);
        assert_true(st->timers[0].at == now + cases[i].then);
        stage_close(st);
    }
}

static void a_timer_disarmed_does_not_fire(void **state)
{
    struct stage *st = stage_open();
    int64_t now = clock_us();
    (void)state;
    for (size_t i = 0; i < 10; i++)
        loop_arm(&st->loop, &st->timers[i], now + 1000);
    for (size_t i = 0; i < 10; i += 2) {
        loop_disarm(&st->loop, &st->timers[i]);
        assert_false(timer_armed(&st->timers[i]));
        loop_disarm(&st->loop, &st->timers[i]);
    }
    stage_run(st, 6, 15000);
    assert_int_equal(st->nfired, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal((st->fired[i] - st->timers) % 2, 1);
    stage_close(st);
}

static void on_fire_disarm_next(struct timer *t)
{
    struct stage *st = t->arg;
    on_fire(t);
    if (t + 1 < st->timers + MANY)
        loop_disarm(&st->loop, t + 1);
}

static void one_due_at_the_same_time_can_still_be_disarmed(void **state)
{
    struct stage *st = stage_open();
    (void)state;
    for (int64_t i = 0; i < MANY; i++) {
        st->timers[i].fire = on_fire_disarm_next;
        loop_arm(&st->loop, &st->timers[i], 1000 + i); /* all long due */
    }
    stage_run(st, MANY, 15000);
    assert_int_equal(st->nfired, MANY / 2);
    for (size_t i = 0; i < st->nfired; i++)
        assert_ptr_equal(st->fired[i], &st->timers[2 * i]);
    stage_close(st);
}

/* ---- against a model ---- */

static int by_time(const void *a, const void *b)
{
    const struct timer *x = *(struct timer *const *)a;
    const struct timer *y = *(struct timer *const *)b;
    return (x->at > y->at) - (x->at < y->at);
}

/* Times are all different and long past, so that the order is known and no
 * clock decides. */
static void thousands_of_random_changes_leave_the_right_order(void **state)
{
    struct rng r;
    (void)state;
    rng_init(&r, 2, RNG_LOAD, 0);
    for (int round = 0; round < 20; round++) {
        struct stage *st = stage_open();
        static struct timer *model[MANY];
        size_t n = 0;
        for (int64_t op = 0; op < 5000; op++) {
            struct timer *t = &st->timers[rng_below(&r, MANY - 1)];
            if (rng_below(&r, 2) > 0)
                loop_arm(&st->loop, t,
                         (int64_t)rng_below(&r, 1000) * 10000 + op + 1);
            else
                loop_disarm(&st->loop, t);
        }
        for (size_t i = 0; i < MANY; i++)
            if (timer_armed(&st->timers[i]))
                model[n++] = &st->timers[i];
        assert_true(n > 100 && n < MANY);
        qsort(model, n, sizeof *model, by_time);
        stage_run(st, n, 10 * US_PER_S);
        assert_int_equal(st->nfired, n);
        for (size_t i = 0; i < n; i++)
            assert_ptr_equal(st->fired[i], model[i]);
        stage_close(st);
    }
}

static struct rng fire_rng;

static void on_fire_disarm_some(struct timer *t)
{
    struct stage *st = t->arg;
    on_fire(t);
    for (size_t i = 0; i < MANY; i++) /* it was the earliest */
        assert_true(!timer_armed(&st->timers[i]) || st->timers[i].at >= t->at);
    if (rng_below(&fire_rng, 1) == 0)
        loop_disarm(&st->loop, &st->timers[rng_below(&fire_rng, MANY - 1)]);
}

static void random_changes_while_firing_leave_the_right_order(void **state)
{
    (void)state;
    rng_init(&fire_rng, 3, RNG_LOAD, 0);
    struct stage *st = stage_open();
    for (size_t i = 0; i < MANY; i++) {
        st->timers[i].fire = on_fire_disarm_some;
        loop_arm(&st->loop, &st->timers[i],
                 1 + (int64_t)rng_below(&fire_rng, 300));
    }
    stage_run(st, MANY, 20000);
    assert_true(st->nfired > MANY / 2 && st->nfired < MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_false(timer_armed(&st->timers[i]));
    stage_close(st);
}

/* ---- time ---- */

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t late[100];
static size_t nlate;

static void on_fire_late(struct timer *t)
{
    late[nlate++] = clock_us() - t->at;
    on_fire(t);
}

/* Timers of libev alone would be 0.5 ms late in the middle.  A busy machine
 * gets several chances. */
static void timers_are_hardly_late(void **state)
{
    int64_t best = US_PER_S;
    (void)state;
    for (int chance = 0; chance < 10 && best >= 300; chance++) {
        struct stage *st = stage_open();
        int64_t now = clock_us();
        nlate = 0;
        for (size_t i = 0; i < COUNT_OF(late); i++) {
            st->timers[i].fire = on_fire_late;
            loop_arm(&st->loop, &st->timers[i], now + 1000 + (int64_t)i * 730);
        }
        stage_run(st, COUNT_OF(late), 10 * US_PER_S);
        assert_int_equal(nlate, COUNT_OF(late));
        qsort(late, nlate, sizeof *late, by_value);
        if (late[nlate / 2] < best)
            best = late[nlate / 2];
        stage_close(st);
    }
    assert_true(best < 300);
}

/* Trap T1: a loop that spins until its timer comes. */
static void waiting_costs_a_handful_of_turns(void **state)
{
    struct stage *st = stage_open();
    int64_t now = clock_us();
    (void)state;
    for (int64_t i = 0; i < 50; i++) /* put off again and again */
        loop_arm(&st->loop, &st->timers[0], now + 5000 + i * 500);
    loop_arm(&st->loop, &st->timers[1], now + 1000);
    loop_disarm(&st->loop, &st->timers[1]);
    stage_run(st, 1, 10 * US_PER_S);
    assert_ptr_equal(st->fired[0], &st->timers[0]);
    assert_true(st->loop.turns <= 5);
    stage_close(st);
}

static void on_fire_put_off(struct timer *t)
{
    struct stage *st = t->arg;
    on_fire(t);
    loop_arm(&st->loop, t, t->at + 1000);
}

static void a_time_set_too_early_is_set_right(void **state)
{
    struct stage *st = stage_open();
    int64_t now = clock_us();
    (void)state;
    st->timers[0].fire = on_fire_put_off;
    loop_arm(&st->loop, &st->timers[0], now + 1000);
    stage_run(st, 20, 10 * US_PER_S);
    assert_int_equal(st->nfired, 20);
    assert_true(st->timers[0].at == now + 21 * 1000);
    assert_true(st->loop.turns <= 2 * 20 + 3);
    stage_close(st);
}

/* ---- a timer that is always due ---- */

static uint64_t spins;

static void on_spin(struct timer *t)
{
    struct stage *st = t->arg;
    if (++spins == 20000000) { /* it holds the loop: give up */
        loop_quit(&st->loop);
        return;
    }
    loop_arm(&st->loop, t, (int64_t)(spins % 3) - 1);
}

static void a_timer_that_arms_itself_in_the_past_starves_nobody(void **state)
{
    struct stage *st = stage_open();
    int64_t now = clock_us();
    (void)state;
    spins = 0;
    st->timers[0].fire = on_spin;
    loop_arm(&st->loop, &st->timers[0], 0);
    for (size_t i = 1; i <= 5; i++)
        loop_arm(&st->loop, &st->timers[i], now + (int64_t)i * 1000);
    stage_run(st, 5, 10 * US_PER_S);
    assert_int_equal(st->nfired, 5);
    assert_true(spins > 5);
    assert_true(spins <= st->loop.turns + 1); /* once per turn */
    stage_close(st);
}

static void on_fire_arm_next(struct timer *t)
{
    struct stage *st = t->arg;
    on_fire(t);
    if (t + 1 < st->timers + 10)
        loop_arm(&st->loop, t + 1, 1);
}

static void what_is_armed_in_the_past_while_firing_waits_a_turn(void **state)
{
    struct stage *st = stage_open();
    (void)state;
    for (size_t i = 0; i < 10; i++)
        st->timers[i].fire = on_fire_arm_next;
    loop_arm(&st->loop, &st->timers[0], 1);
    stage_run(st, 10, 10 * US_PER_S);
    for (size_t i = 0; i < 10; i++)
        assert_ptr_equal(st->fired[i], &st->timers[i]);
    assert_true(st->loop.turns >= 10);
    stage_close(st);
}

/* ---- turns ---- */

struct turns {
    struct loop loop;
    int n, stay_for, pokes;
    struct timer timer;
};

static void on_turn(void *arg)
{
    struct turns *u = arg;
    u->n++;
    loop_stay(&u->loop, u->n < u->stay_for);
}

static void on_end(struct timer *t)
{
    loop_quit(t->arg);
}

static void a_loop_told_to_stay_does_not_wait(void **state)
{
    struct turns u = { .stay_for = 2000 };
    (void)state;
    assert_int_equal(loop_init(&u.loop, on_turn, NULL, &u), 0);
    u.timer = (struct timer){ .fire = on_end, .arg = &u.loop };
    for (int again = 0; again < 2; again++) {
        u.n = 0;
        int64_t began = clock_us();
        loop_arm(&u.loop, &u.timer, began + 500 * US_PER_MS);
        loop_run(&u.loop);
        /* All the turns it had to do, and then it slept. */
        assert_true(u.n >= u.stay_for && u.n < u.stay_for + 5);
        assert_true(clock_us() - began >= 500 * US_PER_MS);
    }
    assert_true(u.loop.turns >= 2 * 2000 && u.loop.turns < 2 * 2005);
    loop_fini(&u.loop);
}

static void on_turn_quit(void *arg)
{
    struct turns *u = arg;
    if (++u->n == 1)
        loop_quit(&u->loop);
}

static void a_loop_can_be_ended_in_its_turn_and_run_again(void **state)
{
    struct turns u = { 0 };
    (void)state;
    assert_int_equal(loop_init(&u.loop, on_turn_quit, NULL, &u), 0);
    u.timer = (struct timer){ .fire = on_end, .arg = &u.loop };
    loop_run(&u.loop);
    assert_int_equal(u.n, 1);
    loop_arm(&u.loop, &u.timer, clock_us() + 3000);
    loop_run(&u.loop);
    assert_true(u.n > 1 && !timer_armed(&u.timer));
    loop_fini(&u.loop);
}

/* ---- pokes ---- */

static _Atomic int posted;
enum { POKES = 20000 };

static void *poke_often(void *arg)
{
    struct loop *loop = arg;
    for (int i = 0; i < POKES; i++) {
        atomic_fetch_add(&posted, 1);
        loop_poke(loop);
    }
    return NULL;
}

static void on_poked(void *arg)
{
    struct turns *u = arg;
    u->pokes++;
    if (atomic_load(&posted) == 2 * POKES)
        loop_quit(&u->loop);
}

/* If the last poke were lost the loop would sleep until the watchdog. */
static void pokes_from_other_threads_wake_a_sleeping_loop(void **state)
{
    struct turns u = { 0 };
    pthread_t threads[2];
    (void)state;
    atomic_store(&posted, 0);
    assert_int_equal(loop_init(&u.loop, NULL, on_poked, &u), 0);
    u.timer = (struct timer){ .fire = on_end, .arg = &u.loop };
    loop_arm(&u.loop, &u.timer, clock_us() + 20 * (int64_t)US_PER_S);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, poke_often, &u.loop),
                         0);
    loop_run(&u.loop);
    assert_true(timer_armed(&u.timer));
    assert_true(u.pokes > 0 && u.pokes <= 2 * POKES);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    loop_fini(&u.loop);
}

static void a_poke_without_a_listener_is_harmless(void **state)
{
    struct stage *st = stage_open();
    (void)state;
    loop_poke(&st->loop);
    loop_arm(&st->loop, &st->timers[0], 1);
    stage_run(st, 1, US_PER_S);
    assert_int_equal(st->nfired, 1);
    stage_close(st);
}

static void on_poked_arm(void *arg)
{
    struct turns *u = arg;
    if (!timer_armed(&u->timer))
        loop_arm(&u->loop, &u->timer, clock_us() + 2000);
}

static void *poke_later(void *arg)
{
    usleep(5000);
    loop_poke(arg);
    return NULL;
}

/* The loop sleeps until the later one when the earlier is armed. */
static void an_earlier_timer_armed_meanwhile_is_in_time(void **state)
{
    struct turns u = { 0 };
    struct timer later = { .fire = on_end, .arg = &u.loop };
    pthread_t thread;
    (void)state;
    assert_int_equal(loop_init(&u.loop, NULL, on_poked_arm, &u), 0);
    /* cppcheck-suppress unreadVariable ; on_poked_arm arms it */
    u.timer = (struct timer){ .fire = on_end, .arg = &u.loop };
    loop_arm(&u.loop, &later, clock_us() + 5 * US_PER_S);
    assert_int_equal(pthread_create(&thread, NULL, poke_later, &u.loop), 0);
    loop_run(&u.loop);
    pthread_join(thread, NULL);
    assert_true(timer_armed(&later));
    loop_fini(&u.loop);
}

/* ---- descriptors ---- */

static void a_loop_without_descriptors_is_refused(void **state)
{
    struct rlimit old, few;
    int refused = 0, made = 0;
    int lowest = dup(0);
    (void)state;
    close(lowest);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    for (rlim_t room = 0; room < 8; room++) {
        struct loop loop;
        few = old;
        few.rlim_cur = (rlim_t)lowest + room;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        errno = 0;
        int status = loop_init(&loop, NULL, NULL, NULL), why = errno;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
        made += status == 0;
        if (status == 0) {
            loop_fini(&loop);
            continue;
        }
        assert_int_equal(status, -1);
        assert_int_equal(why, EMFILE);
        refused++;
        int next = dup(0); /* nothing was left open */
        close(next);
        assert_int_equal(next, lowest);
    }
    assert_true(refused >= 3 && made >= 3);
}

#define T(sentence, fn)                                                        \
    {                                                                          \
        sentence, fn, NULL, NULL, NULL                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("timers fire in order and never early",
          timers_fire_in_order_and_never_early),
        T("a timer armed anew fires at its new time only",
          a_timer_armed_anew_fires_at_its_new_time_only),
        T("a timer disarmed does not fire", a_timer_disarmed_does_not_fire),
        T("one due at the same time can still be disarmed",
          one_due_at_the_same_time_can_still_be_disarmed),
        T("thousands of random changes leave the right order",
          thousands_of_random_changes_leave_the_right_order),
        T("random changes while firing leave the right order",
          random_changes_while_firing_leave_the_right_order),
        T("timers are hardly late", timers_are_hardly_late),
        T("waiting costs a handful of turns", waiting_costs_a_handful_of_turns),
        T("a time set too early is set right",
          a_time_set_too_early_is_set_right),
        T("a timer that arms itself in the past starves nobody",
          a_timer_that_arms_itself_in_the_past_starves_nobody),
        T("what is armed in the past while firing waits a turn",
          what_is_armed_in_the_past_while_firing_waits_a_turn),
        T("a loop told to stay does not wait",
          a_loop_told_to_stay_does_not_wait),
        T("a loop can be ended in its turn and run again",
          a_loop_can_be_ended_in_its_turn_and_run_again),
        T("pokes from other threads wake a sleeping loop",
          pokes_from_other_threads_wake_a_sleeping_loop),
        T("an earlier timer armed meanwhile is in time",
          an_earlier_timer_armed_meanwhile_is_in_time),
        T("a poke without a listener is harmless",
          a_poke_without_a_listener_is_harmless),
        T("a loop without descriptors is refused",
          a_loop_without_descriptors_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
