#pragma once

#define SPELLING_PUBLIC 7
