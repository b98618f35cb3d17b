/* Stands between the program and the system (LD_PRELOAD) at the calls by which
 * anything leaves it: writes to files, syncs, sends on sockets. It counts them
 * over all threads, in one order, and can end the process at any of them, make
 * one fail, or keep a copy of what a power cut would leave.
 *
 *   CALLS_KILL_AT=n     SIGKILL instead of the n-th call
 *   CALLS_TEAR=1        ... after half of what it was to write
 *   CALLS_ORDER=file    while the file is there it is obeyed, one line:
 *                         kill after sync 2     SIGKILL after the second from now
 *                         fail write 28         every one fails with this errno
 *   CALLS_SYNCED=1      after each sync of x, x.synced is x as the disk has it
 *   CALLS_LOG=file      a line for each call
 *
 * Kinds: `write` (the database's files), `sync`, `send` (sockets), `file` (other
 * files). It is built by the tests and for them only. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct call { const char *kind; char path[512]; int tear; int error; int then_kill; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long counted, kill_at = -1, since;
static int log_fd = -2;
static char obeyed[64];

static long number(const char *name, long none) {
  const char *text = getenv(name);
  return text ? atol(text) : none;
}

static void end(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static void note(const struct call *call, size_t size) {
  if (log_fd == -2) {
    const char *path = getenv("CALLS_LOG");
    log_fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  }
  if (log_fd < 0) return;
  char line[640];
  int length = snprintf(line, sizeof line, "%ld %s %zu %s\n", counted, call->kind, size, call->path);
  syscall(SYS_write, log_fd, line, (size_t)length);
}

/* What the order says about this kind of call, if there is an order. */
static void obey(struct call *call) {
  const char *path = getenv("CALLS_ORDER");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) { obeyed[0] = 0; return; }
  char text[64] = {0}, kind[16];
  ssize_t length = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (length <= 0) return;
  if (strcmp(text, obeyed)) { strcpy(obeyed, text); since = 0; }
  int value;
  if (sscanf(text, "kill after %15s %d", kind, &value) == 2 && !strcmp(kind, call->kind))
    call->then_kill = ++since == value;
  if (sscanf(text, "fail %15s %d", kind, &value) == 2 && !strcmp(kind, call->kind))
    call->error = value;
}

/* Sorts a call by what stands behind the descriptor; 0 for what is not counted. */
static int sorted(int fd, int sync, struct call *call) {
  struct stat is;
  memset(call, 0, sizeof *call);
  if (fd == log_fd || fstat(fd, &is)) return 0;
  if (S_ISSOCK(is.st_mode)) { call->kind = "send"; return 1; }
  if (!S_ISREG(is.st_mode)) return 0;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, call->path, sizeof call->path - 1);
  if (length < 0) length = 0;
  call->path[length] = 0;
  const char *name = strrchr(call->path, '/');
  int database = name && strstr(name, ".db") && !strstr(name, ".lock");
  call->kind = sync ? "sync" : database ? "write" : "file";
  /* The log of the program, which nothing depends on. */
  return !(name && strstr(name, ".log"));
}

/* Counts a call; says whether it counts. */
static int entered(int fd, int sync, size_t size, struct call *call) {
  if (!sorted(fd, sync, call)) return 0;
  pthread_mutex_lock(&lock);
  if (kill_at < 0) kill_at = number("CALLS_KILL_AT", 0);
  counted++;
  note(call, size);
  if (counted == kill_at) {
    call->tear = size > 1 && number("CALLS_TEAR", 0);
    if (!call->tear) end();
  }
  obey(call);
  pthread_mutex_unlock(&lock);
  return 1;
}

static void left(const struct call *call) {
  if (call->tear || call->then_kill) end();
}

static void copy_synced(const char *path) {
  char drafted[560], kept[560], bytes[65536];
  snprintf(drafted, sizeof drafted, "%s.syncing", path);
  snprintf(kept, sizeof kept, "%s.synced", path);
  int from = open(path, O_RDONLY | O_CLOEXEC), to = open(drafted, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ssize_t got;
  while (from >= 0 && to >= 0 && (got = syscall(SYS_read, from, bytes, sizeof bytes)) > 0)
    syscall(SYS_write, to, bytes, (size_t)got);
  syscall(SYS_close, from);
  syscall(SYS_close, to);
  rename(drafted, kept);
}

#define REAL(name) ({ static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name); real; })
#define AROUND(sync, size, torn, whole)                                  \
  struct call call;                                                      \
  if (!entered(fd, sync, size, &call)) return whole;                     \
  if (call.error) { errno = call.error; return -1; }                     \
  __auto_type done = call.tear ? torn : whole;                           \
  int kept = errno;                                                      \
  left(&call);                                                           \
  errno = kept;                                                          \
  return done

ssize_t write(int fd, const void *bytes, size_t size) {
  AROUND(0, size, REAL(write)(fd, bytes, size / 2), REAL(write)(fd, bytes, size));
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  AROUND(0, size, REAL(pwrite)(fd, bytes, size / 2, at), REAL(pwrite)(fd, bytes, size, at));
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at) {
  AROUND(0, size, REAL(pwrite64)(fd, bytes, size / 2, at), REAL(pwrite64)(fd, bytes, size, at));
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  AROUND(0, 0, 0, REAL(writev)(fd, parts, count));
}
ssize_t send(int fd, const void *bytes, size_t size, int flags) {
  AROUND(0, size, REAL(send)(fd, bytes, size / 2, flags), REAL(send)(fd, bytes, size, flags));
}
ssize_t sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *to, socklen_t length) {
  AROUND(0, size, REAL(sendto)(fd, bytes, size / 2, flags, to, length), REAL(sendto)(fd, bytes, size, flags, to, length));
}
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  AROUND(0, 0, 0, REAL(sendmsg)(fd, message, flags));
}
int ftruncate(int fd, off_t size) { AROUND(0, 0, 0, REAL(ftruncate)(fd, size)); }
int ftruncate64(int fd, off64_t size) { AROUND(0, 0, 0, REAL(ftruncate64)(fd, size)); }

static int synced(int fd, int (*real)(int)) {
  struct call call;
  if (!entered(fd, 1, 0, &call)) return real(fd);
  if (call.error) { errno = call.error; return -1; }
  int done = real(fd);
  if (!done && number("CALLS_SYNCED", 0)) {
    pthread_mutex_lock(&lock);
    copy_synced(call.path);
    pthread_mutex_unlock(&lock);
  }
  left(&call);
  return done;
}
int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }
