/*
 * One key from the terminal, as <conio.h> reads it.
 */
#include "hostp.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>

int host_read_key(bool echo)
{
    struct termios before, raw;
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    fflush(stdout);
    if (terminal) {
        raw = before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        if (echo)
            raw.c_lflag |= ECHO;
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    int key = getchar();
    if (terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    return key == EOF ? -1 : key;
}
