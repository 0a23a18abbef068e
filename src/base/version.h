/* version.h - the program's version. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define STRESSENGINE_VERSION "0.1.0"

#endif
