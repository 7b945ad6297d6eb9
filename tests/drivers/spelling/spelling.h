#pragma once

#define SPELLING_LARGE 4294967296i64
