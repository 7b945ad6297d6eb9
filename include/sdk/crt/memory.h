/*
 * <memory.h>: Microsoft's name for the memory functions of <string.h>.
 */
#include <string.h>
