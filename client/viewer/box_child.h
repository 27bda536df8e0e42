/*
 * box_child.h - the process that has the connection, and nothing else.
 */
#ifndef ORL_VIEWER_BOX_CHILD_H
#define ORL_VIEWER_BOX_CHILD_H

#include <stdbool.h>

/* The argument and the file by which oriel-view starts itself for it. */
#define ORL_BOX_ARGUMENT "--boxed"
enum { ORL_BOX_FILE = 3 };

/*
 * Serve the viewer at the other end of this socket until it is closed.
 * `process`: this is one of its own, and may be shut in.
 */
int orl_box_child(int socket, bool process);
/* What main() does with that argument: the exit code. */
int orl_box_child_main(void);

#endif
