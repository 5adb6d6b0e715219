// An input device: what it has is in a page, what it does comes through a pipe.
#include "lab.h"
#include <errno.h>
int input_open(struct input *input, const char *node, int fd) { (void)input; (void)node; (void)fd; return -ENXIO; }
void input_close(struct input *input) { (void)input; }
int input_ioctl(struct input *input, unsigned long command, void *argument) { (void)input; (void)command; (void)argument; return -ENOTTY; }
ssize_t input_read(struct input *input, void *place, size_t bytes) { (void)input; (void)place; (void)bytes; return -EAGAIN; }
short input_poll(struct input *input, short ready) { (void)input; return ready; }
