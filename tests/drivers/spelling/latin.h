/* In a code page, as editors on Windows save files that have no mark. */
static const WCHAR SPELLING_WIDE[] = L"naïv€";
