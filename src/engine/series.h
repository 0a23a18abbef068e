/* series.h - the run second by second, in bounded memory. */
#ifndef ENGINE_SERIES_H
#define ENGINE_SERIES_H

#include "engine/run.h"

/* Adds the second that the store has just taken in (row->recent). */
void series_add(struct run *run, int64_t from, int64_t to);

#endif
