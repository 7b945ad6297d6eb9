/*
 * Keys from the terminal, as <conio.h> reads them.
 */
#include "hostp.h"

#include <poll.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

/* Keys one by one, not lines; false: there is no terminal, and nothing to give back. */
static bool take_keys(bool echo, struct termios *before)
{
    if (tcgetattr(STDIN_FILENO, before) != 0)
        return false;
    struct termios raw = *before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    if (echo)
        raw.c_lflag |= ECHO;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    return true;
}

int host_read_key(bool echo)
{
    struct termios before;
    fflush(stdout);
    bool terminal = take_keys(echo, &before);
    int key = getchar();
    if (terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return key == EOF ? -1 : key;
}

bool host_key_waiting(void)
{
    struct termios before;
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    fflush(stdout);
    bool terminal = take_keys(false, &before);
    bool waiting = poll(&input, 1, 0) != 0;
    if (terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return waiting;
}
