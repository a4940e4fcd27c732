/* sections.h - what a firmware says of its memories, for board.c: included before everything else. */
#define LENET5_SECTION_ITCM __attribute__((section(".itcm")))
#define LENET5_SECTION_QSPI __attribute__((section(".qspi")))
