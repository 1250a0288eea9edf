#include "points.h"
void point_queues(struct ledger *ledger, uint64_t effort) { (void)ledger; (void)effort; }
