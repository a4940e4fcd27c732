/* The board, as far as the programs of this directory know it. */
#ifndef BOARD_H
#define BOARD_H

void say(const char *text);
/* Ends the program; QEMU's exit status is 0 if good. */
void stop(int good);
#endif
