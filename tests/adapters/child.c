#include "adapters/child.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"

enum { SAID = 1 };

static int meaning;

static void say(struct channel *channel, struct text text)
{
    size_t start = message_begin(&channel->out, SAID);
    message_put_number(&channel->out, (int64_t)text.length);
    message_put_text(&channel->out, text);
    message_end(&channel->out, start);
}

/* Says what it was told, and what the file that came along holds. */
static void echo(void *user_data, struct channel *channel, int64_t argument)
{
    struct message message;
    while (channel_receive(channel, -1, &message) == STATUS_OK) {
        char bytes[64];
        int file = channel_take_descriptor(channel);
        int64_t length = message_number(&message);
        say(channel, message_text(&message));
        if (file >= 0) {
            ssize_t got = read(file, bytes, sizeof bytes);
            say(channel, (struct text){ bytes, got < 0 ? 0 : (size_t)got });
            close(file);
        }
        if (length < 0 || argument != *(int *)user_data)
            _exit(9);
        if (channel_send(channel, -1))
            return;
    }
}

static void crash(void *user_data, struct channel *channel, int64_t argument)
{
    (void)user_data, (void)channel, (void)argument;
    abort();
}

static void hang(void *user_data, struct channel *channel, int64_t argument)
{
    (void)user_data, (void)channel, (void)argument;
    for (;;)
        pause();
}

static void babble(void *user_data, struct channel *channel, int64_t argument)
{
    (void)user_data, (void)argument;
    (void)!write(channel->socket, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    pause();
}

static const struct child_role roles[] = {
    { "echo", echo }, { "crash", crash }, { "hang", hang }, { "babble", babble }
};

static struct spawner *spawner(void)
{
    static struct spawner *started;
    struct error error;
    meaning = 41;
    if (!started)
        CHECK_INT(spawner_start(roles, 4, &meaning, &started, &error), STATUS_OK);
    return started;
}

static struct child *open_child(size_t role)
{
    struct child *child = NULL;
    struct error error;
    CHECK_INT(child_open(spawner(), role, 41, &child, &error), STATUS_OK);
    child->channel.most = 8 << 20;
    return child;
}

TEST("a child knows what its owner knew, and a file goes along with a message")
{
    struct child *child = open_child(0);
    struct message message;
    int ends[2];
    meaning = 42; /* it has its own */
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(write(ends[1], "in the file", 11), 11);
    close(ends[1]);
    say(&child->channel, TEXT("hello"));
    CHECK_INT(channel_send(&child->channel, ends[0]), STATUS_OK);
    close(ends[0]);
    CHECK_INT(channel_receive(&child->channel, -1, &message), STATUS_OK);
    CHECK_INT(message_number(&message), 5);
    CHECK(text_is(message_text(&message), "hello"));
    CHECK_INT(channel_receive(&child->channel, -1, &message), STATUS_OK);
    (void)message_number(&message);
    CHECK(text_is(message_text(&message), "in the file"));
    struct child_death death;
    child_close(child, &death);
    CHECK_INT(death.signal, SIGKILL);
}

TEST("two who both say much at once do not wait for each other")
{
    struct child *child = open_child(0);
    struct message message;
    size_t size = 3 << 20;
    char *bytes = arena_alloc(&test_arena, size);
    memset(bytes, 'a', size);
    for (int i = 0; i < 2; i++)
        say(&child->channel, (struct text){ bytes, size });
    CHECK_INT(channel_send(&child->channel, -1), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(channel_receive(&child->channel, -1, &message), STATUS_OK);
        (void)message_number(&message);
        CHECK_INT(message_text(&message).length, size);
    }
    child_close(child, NULL);
}

TEST("a death is told by its signal, and a child that says nothing is left")
{
    struct message message;
    struct child_death death;
    struct child *child = open_child(1);
    CHECK_INT(channel_receive(&child->channel, -1, &message), STATUS_END);
    child_close(child, &death);
    CHECK_INT(death.signal, SIGABRT);
    child = open_child(2);
    child->channel.patience = 20;
    CHECK_INT(channel_receive(&child->channel, -1, &message), STATUS_RETRY);
    volatile sig_atomic_t stop = 1;
    child->channel.stop = &stop;
    CHECK_INT(channel_receive(&child->channel, -1, &message), STATUS_STOP);
    child_close(child, NULL);
    child = open_child(3);
    CHECK_INT(channel_receive(&child->channel, -1, &message), STATUS_REJECT);
    child_close(child, NULL);
}

TEST("a message that could not be sent ends the line: nobody waits for its answer")
{
    struct message message;
    struct child *child = open_child(0);
    say(&child->channel, TEXT("lost"));
    CHECK_INT(channel_send(&child->channel, 1 << 20),
              STATUS_END); /* no such file: the system takes none of it */
    CHECK_INT(channel_receive(&child->channel, 2000, &message), STATUS_END);
    child_close(child, NULL);
}
