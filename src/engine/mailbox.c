/* mailbox.c - see mailbox.h */
#include "engine/mailbox.h"

#include <stdlib.h>

#include "base/mem.h"

void mailbox_init(struct mailbox *m, void (*notify)(void *), void *arg)
{
    pthread_mutex_init(&m->lock, NULL);
    m->head = NULL;
    m->tail = &m->head;
    m->notify = notify;
    m->arg = arg;
}

void mailbox_fini(struct mailbox *m)
{
    struct message *msg;
    while ((msg = mailbox_take(m)) != NULL) {
        tally_free(msg->tally);
        message_free(msg);
    }
    pthread_mutex_destroy(&m->lock);
}

void mailbox_post(struct mailbox *m, const struct message *msg)
{
    struct message *copy = xmalloc(sizeof *copy);
    *copy = *msg;
    copy->next = NULL;
    pthread_mutex_lock(&m->lock);
    *m->tail = copy;
    m->tail = &copy->next;
    pthread_mutex_unlock(&m->lock);
    m->notify(m->arg);
}

struct message *mailbox_take(struct mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    struct message *msg = m->head;
    if (msg != NULL) {
        m->head = msg->next;
        if (m->head == NULL)
            m->tail = &m->head;
    }
    pthread_mutex_unlock(&m->lock);
    return msg;
}

void message_free(struct message *msg)
{
    free(msg->text);
    free(msg);
}
