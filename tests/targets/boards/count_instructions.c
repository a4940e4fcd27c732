/* count_instructions.c - a plugin of QEMU that prints how many instructions a program took. Debian has no header for plugins;
 * the interface is stable (version 1), so what is used of it is declared here. */
#include <inttypes.h>
#include <stdio.h>

#define SHOWN __attribute__((visibility("default")))
enum { ADD_64 = 0 };
typedef uint64_t Plugin;
struct qemu_plugin_tb;
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_trans_cb(Plugin id, void (*call)(Plugin id, struct qemu_plugin_tb *block));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation, void *counter, uint64_t number);
void qemu_plugin_register_atexit_cb(Plugin id, void (*call)(Plugin id, void *data), void *data);
SHOWN int qemu_plugin_install(Plugin id, const void *info, int argc, char **argv);

SHOWN int qemu_plugin_version = 1;
static uint64_t instructions;

static void count_block(Plugin id, struct qemu_plugin_tb *block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_64, &instructions, qemu_plugin_tb_n_insns(block));
}

static void print(Plugin id, void *data) {
  (void)id;
  (void)data;
  fprintf(stderr, "instructions %" PRIu64 "\n", instructions);
}

SHOWN int qemu_plugin_install(Plugin id, const void *info, int argc, char **argv) {
  (void)info;
  (void)argc;
  (void)argv;
  qemu_plugin_register_vcpu_tb_trans_cb(id, count_block);
  qemu_plugin_register_atexit_cb(id, print, 0);
  return 0;
}
