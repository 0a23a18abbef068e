/* test_mailbox.c - messages between threads: in order, none lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "engine/mailbox.h"
#include "sentence.h"

static _Atomic int notified;

static void on_post(void *arg)
{
    atomic_fetch_add((_Atomic int *)arg, 1);
}

static void box_open(struct mailbox *m)
{
    atomic_store(&notified, 0);
    mailbox_init(m, on_post, &notified);
}

static void messages_come_out_as_they_went_in(void **state)
{
    struct mailbox m;
    (void)state;
    box_open(&m);
    assert_null(mailbox_take(&m));
    for (int round = 0; round < 3; round++) { /* emptied and used again */
        for (int i = 0; i < 10; i++)
            mailbox_post(&m,
                         &(struct message){ .kind = MSG_START, .scenario = i });
        for (int i = 0; i < 10; i++) {
            struct message *msg = mailbox_take(&m);
            assert_non_null(msg);
            assert_int_equal(msg->scenario, i);
            message_free(msg);
        }
        assert_null(mailbox_take(&m));
    }
    assert_int_equal(atomic_load(&notified), 30);
    mailbox_fini(&m);
}

static void a_message_is_copied_and_its_text_and_tally_go_with_it(void **state)
{
    struct mailbox m;
    char *text = xstrndup("a\0b", 3);
    struct tally *tally = tally_new(3, 1);
    struct message msg = { .kind = MSG_TALLY,
                           .worker = 3,
                           .scenario = 2,
                           .at = 123456789012,
                           .tally = tally,
                           .text = text,
                           .len = 3 };
    (void)state;
    box_open(&m);
    mailbox_post(&m, &msg);
    memset(&msg, 0, sizeof msg);
    struct message *got = mailbox_take(&m);
    assert_int_equal(got->kind, MSG_TALLY);
    assert_int_equal(got->worker, 3);
    assert_int_equal(got->scenario, 2);
    assert_int_equal(got->at, 123456789012);
    assert_ptr_equal(got->tally, tally);
    assert_ptr_equal(got->text, text);
    assert_int_equal(got->len, 3);
    message_free(got);
    tally_free(tally); /* the taker's */
    mailbox_fini(&m);
}

static struct message *seen_in_notice;

static void take_in_notice(void *arg)
{
    seen_in_notice = mailbox_take(arg);
}

static void what_is_posted_is_there_when_notice_comes(void **state)
{
    struct mailbox m;
    (void)state;
    mailbox_init(&m, take_in_notice, &m);
    mailbox_post(&m, &(struct message){ .kind = MSG_QUIT });
    assert_non_null(seen_in_notice); /* and nothing was locked meanwhile */
    message_free(seen_in_notice);
    mailbox_fini(&m);
}

/* ---- many threads ---- */

enum { THREADS = 8, MESSAGES = 5000 };

struct poster {
    struct mailbox *box;
    int index;
};

static void *post_many(void *arg)
{
    const struct poster *p = arg;
    for (int i = 0; i < MESSAGES; i++)
        mailbox_post(p->box, &(struct message){ .kind = MSG_PRINT,
                                                .worker = p->index,
                                                .at = i,
                                                .text = xasprintf("%d", i) });
    return NULL;
}

static void
of_many_threads_nothing_is_lost_and_each_keeps_its_order(void **state)
{
    struct mailbox m;
    struct poster posters[THREADS];
    pthread_t threads[THREADS];
    int64_t next[THREADS] = { 0 };
    (void)state;
    box_open(&m);
    for (int i = 0; i < THREADS; i++) {
        posters[i] = (struct poster){ &m, i };
        assert_int_equal(
            pthread_create(&threads[i], NULL, post_many, &posters[i]), 0);
    }
    for (int n = 0; n < THREADS * MESSAGES;) {
        struct message *msg = mailbox_take(&m);
        if (msg == NULL) {
            sched_yield();
            continue;
        }
        char text[16];
        assert_in_range(msg->worker, 0, THREADS - 1);
        assert_int_equal(msg->at, next[msg->worker]++);
        snprintf(text, sizeof text, "%d", (int)msg->at);
        assert_string_equal(msg->text, text);
        message_free(msg);
        n++;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_null(mailbox_take(&m));
    assert_int_equal(atomic_load(&notified), THREADS * MESSAGES);
    mailbox_fini(&m);
}

/* That it is freed is for the sanitizer to say. */
static void what_nobody_took_is_freed_with_the_box(void **state)
{
    struct mailbox m;
    (void)state;
    box_open(&m);
    for (int i = 0; i < 100; i++)
        mailbox_post(&m, &(struct message){ .kind = MSG_TALLY,
                                            .text = xstrdup("text"),
                                            .tally = tally_new(i, 2) });
    mailbox_post(&m, &(struct message){ .kind = MSG_STOP });
    struct message *first = mailbox_take(&m);
    tally_free(first->tally);
    message_free(first);
    mailbox_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T("messages come out as they went in",
          messages_come_out_as_they_went_in),
        T("a message is copied, and its text and tally go with it",
          a_message_is_copied_and_its_text_and_tally_go_with_it),
        T("what is posted is there when notice comes",
          what_is_posted_is_there_when_notice_comes),
        T("of many threads nothing is lost, and each keeps its order",
          of_many_threads_nothing_is_lost_and_each_keeps_its_order),
        T("what nobody took is freed with the box",
          what_nobody_took_is_freed_with_the_box),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
