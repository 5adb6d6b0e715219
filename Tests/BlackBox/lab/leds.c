// The LED class: plain files, but for what the kernel does when one is written, and a diary of it.
#include "lab.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int led_open(struct led *led, const char *path) {
  const char *place = path + strlen(lab_world) + strlen("/sys/class/leds/");
  return sscanf(place, "%63[^/]/%31[^/]", led->name, led->attribute) == 2 ? 0 : -ENOENT;
}

static void attribute_path(const struct led *led, const char *attribute, char *path) {
  snprintf(path, PLACE_LENGTH, "%s/sys/class/leds/%s/%s", lab_world, led->name, attribute);
}

static int read_attribute(const struct led *led, const char *attribute, char *text, size_t bytes) {
  char path[PLACE_LENGTH];
  attribute_path(led, attribute, path);
  int fd = real_open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  ssize_t count = real_read(fd, text, bytes - 1);
  real_close(fd);
  text[count > 0 ? count : 0] = 0;
  return 0;
}

// In one step, so that nobody reads half of it.
static int set_attribute(const struct led *led, const char *attribute, const char *text) {
  char path[PLACE_LENGTH], fresh[PLACE_LENGTH + 8];
  attribute_path(led, attribute, path);
  snprintf(fresh, sizeof fresh, "%s.new", path);
  int fd = real_open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return -ENODEV;
  ssize_t count = real_write(fd, text, strlen(text));
  real_close(fd);
  return count == (ssize_t)strlen(text) && rename(fresh, path) == 0 ? 0 : -EIO;
}

static void remove_attribute(const struct led *led, const char *attribute) {
  char path[PLACE_LENGTH];
  attribute_path(led, attribute, path);
  unlink(path);
}

// "none [timer] heartbeat": the brackets move, and the trigger's own files come and go.
static int set_trigger(const struct led *led, const char *name) {
  char had[512], now[512] = "", *rest = had, *word;
  int is_known = 0, was_none;
  if (read_attribute(led, "trigger", had, sizeof had) < 0) return -ENODEV;
  was_none = strstr(had, "[none]") != NULL;
  while ((word = strsep(&rest, " \n[]"))) {
    if (!*word) continue;
    int is_it = strcmp(word, name) == 0;
    is_known |= is_it;
    size_t length = strlen(now);
    snprintf(now + length, sizeof now - length, is_it ? "%s[%s]" : "%s%s", length ? " " : "", word);
  }
  if (!is_known) return -EINVAL;
  strncat(now, "\n", sizeof now - strlen(now) - 1);
  static const char *const own[] = {"delay_on", "delay_off", "pattern", "repeat"};
  for (unsigned index = 0; index < sizeof own / sizeof *own; index++) remove_attribute(led, own[index]);
  if (strcmp(name, "timer") == 0) set_attribute(led, "delay_on", "500\n"), set_attribute(led, "delay_off", "500\n");
  if (strcmp(name, "pattern") == 0) set_attribute(led, "pattern", "\n"), set_attribute(led, "repeat", "-1\n");
  // A trigger that ends leaves darkness.
  if (!was_none) set_attribute(led, "brightness", "0\n");
  return set_attribute(led, "trigger", now);
}

static int set_brightness(const struct led *led, const char *text) {
  char most[32], clean[32], *end;
  long value = strtol(text, &end, 0);
  if (end == text || value < 0) return -EINVAL;
  if (read_attribute(led, "max_brightness", most, sizeof most) < 0) return -ENODEV;
  if (value > atol(most)) value = atol(most);
  snprintf(clean, sizeof clean, "%ld\n", value);
  // Off is also the end of what blinks.
  if (value == 0) set_trigger(led, "none");
  return set_attribute(led, "brightness", clean);
}

// Pairs of a brightness, at most the highest, and milliseconds.
static int check_pattern(const struct led *led, const char *text) {
  char most[32];
  int length;
  if (read_attribute(led, "max_brightness", most, sizeof most) < 0) return -ENODEV;
  for (long level, span; sscanf(text, "%ld %ld %n", &level, &span, &length) == 2; text += length)
    if (level < 0 || level > atol(most) || span < 0) return -EINVAL;
  return *text ? -EINVAL : 0;
}

static int set_other(const struct led *led, const char *text) {
  char line[168], *end;
  int result = 0;
  if (strcmp(led->attribute, "pattern") == 0) result = check_pattern(led, text);
  if (strncmp(led->attribute, "delay_", 6) == 0 && (strtoul(text, &end, 10), end == text || *end)) result = -EINVAL;
  snprintf(line, sizeof line, "%s\n", text);
  return result < 0 ? result : set_attribute(led, led->attribute, line);
}

static void write_diary(const struct led *led, const char *text) {
  char path[PLACE_LENGTH], line[320];
  snprintf(path, sizeof path, "%s/leds.log", lab_world);
  int fd = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return;
  snprintf(line, sizeof line, "%lld %s %s %s\n", (long long)monotonic(), led->name, led->attribute, text);
  if (real_write(fd, line, strlen(line)) < 0) lab_complain("cannot write %s", path);
  real_close(fd);
}

ssize_t led_write(struct led *led, const void *data, size_t bytes) {
  char text[160], path[PLACE_LENGTH];
  struct stat info;
  if (bytes == 0 || bytes >= sizeof text) return -EINVAL;
  memcpy(text, data, bytes);
  text[bytes] = 0;
  text[strcspn(text, "\n")] = 0;
  attribute_path(led, led->attribute, path);
  if (stat(path, &info) != 0) return -ENODEV;
  int result = strcmp(led->attribute, "brightness") == 0 ? set_brightness(led, text)
               : strcmp(led->attribute, "trigger") == 0  ? set_trigger(led, text)
                                                         : set_other(led, text);
  if (result == 0) write_diary(led, text);
  return result < 0 ? result : (ssize_t)bytes;
}
