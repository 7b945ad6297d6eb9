/*
 * shlwapi's paths and strings: included once for each width, with TEXT_CHAR, TEXT_UNIT (unsigned), TEXT_NAME(f) and TEXT_LOCAL(f).
 */

static size_t TEXT_LOCAL(length)(const TEXT_CHAR *text)
{
    size_t count = 0;
    while (text[count])
        count++;
    return count;
}

/* Narrow characters fold as ASCII does: a byte of UTF-8 is no character. */
static unsigned TEXT_LOCAL(folded)(TEXT_CHAR c)
{
    TEXT_UNIT unit = (TEXT_UNIT)c;
    return sizeof c > 1 || unit < 0x80 ? win32_lower(unit) : unit;
}

static bool TEXT_LOCAL(has_drive)(const TEXT_CHAR *path)
{
    unsigned letter = path[0] ? TEXT_LOCAL(folded)(path[0]) : 0;
    return letter >= 'a' && letter <= 'z' && path[1] == ':';
}

/* --- what a path is --- */

BOOL WINAPI TEXT_NAME(PathFileExists)(const TEXT_CHAR *pszPath)
{
    return pszPath && TEXT_NAME(GetFileAttributes)(pszPath) != INVALID_FILE_ATTRIBUTES;
}

/* FILE_ATTRIBUTE_DIRECTORY, or FALSE. */
BOOL WINAPI TEXT_NAME(PathIsDirectory)(const TEXT_CHAR *pszPath)
{
    DWORD attributes = pszPath ? TEXT_NAME(GetFileAttributes)(pszPath) : INVALID_FILE_ATTRIBUTES;
    return attributes == INVALID_FILE_ATTRIBUTES ? FALSE : (BOOL)(attributes & FILE_ATTRIBUTE_DIRECTORY);
}

BOOL WINAPI TEXT_NAME(PathIsRelative)(const TEXT_CHAR *pszPath)
{
    return !pszPath || (pszPath[0] != '\\' && !TEXT_LOCAL(has_drive)(pszPath));
}

/* "C:\", "\", "\\server", "\\server\share". */
BOOL WINAPI TEXT_NAME(PathIsRoot)(const TEXT_CHAR *pszPath)
{
    if (!pszPath || !*pszPath)
        return FALSE;
    if (pszPath[0] != '\\')
        return TEXT_LOCAL(has_drive)(pszPath) && pszPath[2] == '\\' && !pszPath[3];
    if (pszPath[1] != '\\')
        return !pszPath[1];
    int slashes = 0;
    for (const TEXT_CHAR *at = pszPath + 2; *at; at++)
        if (*at == '\\' && (++slashes > 1 || !at[1]))
            return FALSE;
    return TRUE;
}

BOOL WINAPI TEXT_NAME(PathIsFileSpec)(const TEXT_CHAR *pszPath)
{
    for (; pszPath && *pszPath; pszPath++)
        if (*pszPath == '\\' || *pszPath == ':')
            return FALSE;
    return pszPath != NULL;
}

/* --- parts --- */

TEXT_CHAR *WINAPI TEXT_NAME(PathFindFileName)(const TEXT_CHAR *pszPath)
{
    const TEXT_CHAR *found = pszPath;
    for (const TEXT_CHAR *at = pszPath; at && *at; at++)
        if ((*at == '\\' || *at == '/' || *at == ':') && at[1] && at[1] != '\\' && at[1] != '/')
            found = at + 1;
    return (TEXT_CHAR *)found;
}

/* Of the last component; a blank after the dot makes it none. The end of the path when there is none. */
TEXT_CHAR *WINAPI TEXT_NAME(PathFindExtension)(const TEXT_CHAR *pszPath)
{
    const TEXT_CHAR *found = NULL, *at = pszPath;
    for (; at && *at; at++)
        if (*at == '\\' || *at == ' ')
            found = NULL;
        else if (*at == '.')
            found = at;
    return (TEXT_CHAR *)(found ? found : at);
}

TEXT_CHAR *WINAPI TEXT_NAME(PathGetArgs)(const TEXT_CHAR *pszPath)
{
    bool quoted = false;
    const TEXT_CHAR *at = pszPath;
    for (; at && *at; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (*at == ' ' && !quoted)
            return (TEXT_CHAR *)at + 1;
    }
    return (TEXT_CHAR *)at;
}

/* Behind "C:\", "\" or "\\server\share\"; NULL: there is no root. */
TEXT_CHAR *WINAPI TEXT_NAME(PathSkipRoot)(const TEXT_CHAR *pszPath)
{
    if (!pszPath || !*pszPath)
        return NULL;
    if (TEXT_LOCAL(has_drive)(pszPath))
        return pszPath[2] == '\\' ? (TEXT_CHAR *)pszPath + 3 : NULL;
    if (pszPath[0] != '\\')
        return NULL;
    if (pszPath[1] != '\\')
        return (TEXT_CHAR *)pszPath + 1;
    const TEXT_CHAR *at = pszPath + 2;
    for (int slashes = 0; *at; at++)
        if (*at == '\\' && ++slashes == 2)
            return (TEXT_CHAR *)at + 1;
    return (TEXT_CHAR *)at;
}

int WINAPI TEXT_NAME(PathGetDriveNumber)(const TEXT_CHAR *pszPath)
{
    return pszPath && TEXT_LOCAL(has_drive)(pszPath) ? (int)TEXT_LOCAL(folded)(pszPath[0]) - 'a' : -1;
}

/* --- changes in place --- */

/* Cuts off the last component with the backslash before it, but none that makes a root; FALSE: there is nothing to cut. */
BOOL WINAPI TEXT_NAME(PathRemoveFileSpec)(TEXT_CHAR *pszPath)
{
    if (!pszPath)
        return FALSE;
    TEXT_CHAR *cut = pszPath, *at = pszPath;
    if (*at == '\\')
        cut = ++at;
    if (*at == '\\')
        cut = ++at;
    for (; *at; at++) {
        if (*at == '\\') {
            cut = at;
        } else if (*at == ':') {
            cut = ++at;
            if (*at == '\\')
                cut++;
            else
                at--;
        }
    }
    if (!*cut)
        return FALSE;
    *cut = 0;
    return TRUE;
}

VOID WINAPI TEXT_NAME(PathRemoveExtension)(TEXT_CHAR *pszPath)
{
    if (pszPath)
        *TEXT_NAME(PathFindExtension)(pszPath) = 0;
}

static BOOL TEXT_LOCAL(put_at)(TEXT_CHAR *path, TEXT_CHAR *at, const TEXT_CHAR *what)
{
    size_t length = TEXT_LOCAL(length)(what);
    if ((size_t)(at - path) + length >= MAX_PATH)
        return FALSE;
    memcpy(at, what, (length + 1) * sizeof(TEXT_CHAR));
    return TRUE;
}

BOOL WINAPI TEXT_NAME(PathRenameExtension)(TEXT_CHAR *pszPath, const TEXT_CHAR *pszExt)
{
    return TEXT_LOCAL(put_at)(pszPath, TEXT_NAME(PathFindExtension)(pszPath), pszExt);
}

/* Only to a path without one; NULL: ".exe". */
BOOL WINAPI TEXT_NAME(PathAddExtension)(TEXT_CHAR *pszPath, const TEXT_CHAR *pszExt)
{
    static const TEXT_CHAR usual[] = {'.', 'e', 'x', 'e', 0};
    TEXT_CHAR *at = TEXT_NAME(PathFindExtension)(pszPath);
    return !*at && TEXT_LOCAL(put_at)(pszPath, at, pszExt ? pszExt : usual);
}

/* The end of the string; NULL: no room. */
TEXT_CHAR *WINAPI TEXT_NAME(PathAddBackslash)(TEXT_CHAR *pszPath)
{
    size_t length = pszPath ? TEXT_LOCAL(length)(pszPath) : MAX_PATH;
    if (length >= MAX_PATH - 1)
        return NULL;
    if (length && pszPath[length - 1] != '\\') {
        pszPath[length++] = '\\';
        pszPath[length] = 0;
    }
    return pszPath + length;
}

/* Where it was, or would be: a root keeps its own. */
TEXT_CHAR *WINAPI TEXT_NAME(PathRemoveBackslash)(TEXT_CHAR *pszPath)
{
    size_t length = pszPath ? TEXT_LOCAL(length)(pszPath) : 0;
    if (!length)
        return pszPath;
    if (pszPath[length - 1] != '\\')
        return pszPath + length;
    if (!TEXT_NAME(PathIsRoot)(pszPath))
        pszPath[length - 1] = 0;
    return pszPath + length - 1;
}

VOID WINAPI TEXT_NAME(PathStripPath)(TEXT_CHAR *pszPath)
{
    if (!pszPath)
        return;
    const TEXT_CHAR *name = TEXT_NAME(PathFindFileName)(pszPath);
    memmove(pszPath, name, (TEXT_LOCAL(length)(name) + 1) * sizeof(TEXT_CHAR));
}

BOOL WINAPI TEXT_NAME(PathStripToRoot)(TEXT_CHAR *pszPath)
{
    if (!pszPath)
        return FALSE;
    while (!TEXT_NAME(PathIsRoot)(pszPath))
        if (!TEXT_NAME(PathRemoveFileSpec)(pszPath))
            return FALSE;
    return TRUE;
}

BOOL WINAPI TEXT_NAME(PathQuoteSpaces)(TEXT_CHAR *pszPath)
{
    size_t length = pszPath ? TEXT_LOCAL(length)(pszPath) : 0;
    bool blank = false;
    for (size_t i = 0; i < length; i++)
        blank = blank || pszPath[i] == ' ';
    if (!blank || length + 3 > MAX_PATH)
        return FALSE;
    memmove(pszPath + 1, pszPath, length * sizeof(TEXT_CHAR));
    pszPath[0] = pszPath[length + 1] = '"';
    pszPath[length + 2] = 0;
    return TRUE;
}

BOOL WINAPI TEXT_NAME(PathUnquoteSpaces)(TEXT_CHAR *pszPath)
{
    size_t length = pszPath ? TEXT_LOCAL(length)(pszPath) : 0;
    if (length < 2 || pszPath[0] != '"' || pszPath[length - 1] != '"')
        return FALSE;
    memmove(pszPath, pszPath + 1, (length - 2) * sizeof(TEXT_CHAR));
    pszPath[length - 2] = 0;
    return TRUE;
}

/* --- put together --- */

/* Resolves "." and ".."; an empty path becomes "\", "C:" becomes "C:\". */
BOOL WINAPI TEXT_NAME(PathCanonicalize)(TEXT_CHAR *pszBuf, const TEXT_CHAR *pszPath)
{
    if (!pszBuf || !pszPath)
        return win32_error(ERROR_INVALID_PARAMETER);
    TEXT_CHAR result[MAX_PATH];
    size_t length = 0, root = 0, total = TEXT_LOCAL(length)(pszPath);
    *pszBuf = 0;
    if (total >= MAX_PATH)
        return win32_error(ERROR_FILENAME_EXCED_RANGE);
    const TEXT_CHAR *at = TEXT_NAME(PathSkipRoot)(pszPath);
    if (!at && TEXT_LOCAL(has_drive)(pszPath))
        at = pszPath + 2;
    if (at)
        for (; root < (size_t)(at - pszPath); root++)
            result[length++] = pszPath[root];
    for (at = pszPath + root; *at;) {
        const TEXT_CHAR *end = at;
        while (*end && *end != '\\')
            end++;
        size_t part = (size_t)(end - at);
        bool more = *end == '\\';
        if (part == 1 && at[0] == '.') {
            if (!more && length > root && result[length - 1] == '\\')
                length--;
        } else if (part == 2 && at[0] == '.' && at[1] == '.') {
            if (length > root && result[length - 1] == '\\')
                length--;
            while (length > root && result[length - 1] != '\\')
                length--;
            if (!more && length > root)
                length--;
        } else {
            memcpy(result + length, at, (part + more) * sizeof(TEXT_CHAR));
            length += part + more;
        }
        at = end + more;
    }
    if (length == 0)
        result[length++] = '\\';
    if (length == 2 && result[1] == ':' && length < MAX_PATH - 1)
        result[length++] = '\\';
    memcpy(pszBuf, result, length * sizeof(TEXT_CHAR));
    pszBuf[length] = 0;
    return TRUE;
}

/* NULL, and an empty buffer, when it becomes too long. */
TEXT_CHAR *WINAPI TEXT_NAME(PathCombine)(TEXT_CHAR *pszDest, const TEXT_CHAR *pszDir, const TEXT_CHAR *pszFile)
{
    TEXT_CHAR both[2 * MAX_PATH + 2];
    if (!pszDest)
        return NULL;
    if (!pszDir && !pszFile) {
        *pszDest = 0;
        return NULL;
    }
    const TEXT_CHAR *file = pszFile ? pszFile : pszDir + TEXT_LOCAL(length)(pszDir);
    size_t length = 0, more = TEXT_LOCAL(length)(file);
    bool whole = pszFile && *file && !TEXT_NAME(PathIsRelative)(file);
    if (pszDir && !(whole && (file[0] != '\\' || file[1] == '\\'))) {
        TEXT_CHAR directory[MAX_PATH];
        length = TEXT_LOCAL(length)(pszDir);
        if (length < MAX_PATH) {
            memcpy(directory, pszDir, (length + 1) * sizeof(TEXT_CHAR));
            if (whole) { /* "\x": below the directory's root */
                TEXT_NAME(PathStripToRoot)(directory);
                file++;
                more--;
            }
            length = TEXT_LOCAL(length)(directory);
            memcpy(both, directory, length * sizeof(TEXT_CHAR));
            if (length && both[length - 1] != '\\' && more)
                both[length++] = '\\';
        }
    }
    if (length + more >= MAX_PATH) {
        *pszDest = 0;
        return NULL;
    }
    memcpy(both + length, file, (more + 1) * sizeof(TEXT_CHAR));
    return TEXT_NAME(PathCanonicalize)(pszDest, both) ? pszDest : NULL;
}

BOOL WINAPI TEXT_NAME(PathAppend)(TEXT_CHAR *pszPath, const TEXT_CHAR *pszMore)
{
    if (!pszPath || !pszMore)
        return FALSE;
    if (pszMore[0] == '\\' && pszMore[1] != '\\')
        while (*pszMore == '\\')
            pszMore++;
    return TEXT_NAME(PathCombine)(pszPath, pszPath, pszMore) != NULL;
}

static bool TEXT_LOCAL(matches)(const TEXT_CHAR *name, const TEXT_CHAR *pattern, const TEXT_CHAR *end)
{
    for (; pattern < end; pattern++, name++) {
        if (*pattern == '*') {
            for (;; name++) {
                if (TEXT_LOCAL(matches)(name, pattern + 1, end))
                    return true;
                if (!*name)
                    return false;
            }
        }
        if (!*name || (*pattern != '?' && TEXT_LOCAL(folded)(*pattern) != TEXT_LOCAL(folded)(*name)))
            return false;
    }
    return !*name;
}

/* Patterns stand one behind the other with semicolons between them. */
BOOL WINAPI TEXT_NAME(PathMatchSpec)(const TEXT_CHAR *pszFile, const TEXT_CHAR *pszSpec)
{
    while (pszFile && pszSpec && *pszSpec) {
        while (*pszSpec == ' ')
            pszSpec++;
        const TEXT_CHAR *end = pszSpec;
        while (*end && *end != ';')
            end++;
        if ((end - pszSpec == 3 && pszSpec[0] == '*' && pszSpec[1] == '.' && pszSpec[2] == '*') ||
            TEXT_LOCAL(matches)(pszFile, pszSpec, end))
            return TRUE;
        pszSpec = *end ? end + 1 : end;
    }
    return FALSE;
}

/* --- strings --- */

TEXT_CHAR *WINAPI TEXT_NAME(StrChr)(const TEXT_CHAR *pszStart, WORD wMatch)
{
    for (; pszStart && *pszStart; pszStart++)
        if ((TEXT_UNIT)*pszStart == wMatch)
            return (TEXT_CHAR *)pszStart;
    return NULL;
}

TEXT_CHAR *WINAPI TEXT_NAME(StrChrI)(const TEXT_CHAR *pszStart, WORD wMatch)
{
    for (; pszStart && *pszStart; pszStart++)
        if (TEXT_LOCAL(folded)(*pszStart) == TEXT_LOCAL(folded)((TEXT_CHAR)wMatch))
            return (TEXT_CHAR *)pszStart;
    return NULL;
}

TEXT_CHAR *WINAPI TEXT_NAME(StrRChr)(const TEXT_CHAR *pszStart, const TEXT_CHAR *pszEnd, WORD wMatch)
{
    const TEXT_CHAR *found = NULL;
    for (; pszStart && (pszEnd ? pszStart < pszEnd : *pszStart != 0); pszStart++)
        if ((TEXT_UNIT)*pszStart == wMatch)
            found = pszStart;
    return (TEXT_CHAR *)found;
}

int WINAPI TEXT_NAME(StrCmpN)(const TEXT_CHAR *psz1, const TEXT_CHAR *psz2, int nChar)
{
    for (; nChar > 0; nChar--, psz1++, psz2++)
        if (*psz1 != *psz2 || !*psz1)
            return ((TEXT_UNIT)*psz1 > (TEXT_UNIT)*psz2) - ((TEXT_UNIT)*psz1 < (TEXT_UNIT)*psz2);
    return 0;
}

int WINAPI TEXT_NAME(StrCmpNI)(const TEXT_CHAR *psz1, const TEXT_CHAR *psz2, int nChar)
{
    for (; nChar > 0; nChar--, psz1++, psz2++) {
        unsigned a = TEXT_LOCAL(folded)(*psz1), b = TEXT_LOCAL(folded)(*psz2);
        if (a != b || !a)
            return (a > b) - (a < b);
    }
    return 0;
}

int WINAPI TEXT_NAME(StrCmpI)(const TEXT_CHAR *psz1, const TEXT_CHAR *psz2)
{
    return TEXT_NAME(StrCmpNI)(psz1, psz2, MAXLONG);
}

/* Nothing is found in an empty string's place, nor an empty one. */
TEXT_CHAR *WINAPI TEXT_NAME(StrStr)(const TEXT_CHAR *pszFirst, const TEXT_CHAR *pszSrch)
{
    int length = pszSrch ? (int)TEXT_LOCAL(length)(pszSrch) : 0;
    for (; length && pszFirst && *pszFirst; pszFirst++)
        if (!TEXT_NAME(StrCmpN)(pszFirst, pszSrch, length))
            return (TEXT_CHAR *)pszFirst;
    return NULL;
}

TEXT_CHAR *WINAPI TEXT_NAME(StrStrI)(const TEXT_CHAR *pszFirst, const TEXT_CHAR *pszSrch)
{
    int length = pszSrch ? (int)TEXT_LOCAL(length)(pszSrch) : 0;
    for (; length && pszFirst && *pszFirst; pszFirst++)
        if (!TEXT_NAME(StrCmpNI)(pszFirst, pszSrch, length))
            return (TEXT_CHAR *)pszFirst;
    return NULL;
}

static bool TEXT_LOCAL(number)(const TEXT_CHAR *text, DWORD flags, LONGLONG *value)
{
    ULONGLONG result = 0;
    bool minus = false, any = false;
    while (*text == ' ' || *text == '\t' || *text == '\n')
        text++;
    if (*text == '-' || *text == '+')
        minus = *text++ == '-';
    if (flags & STIF_SUPPORT_HEX && text[0] == '0' && TEXT_LOCAL(folded)(text[1]) == 'x') {
        for (text += 2;; text++, any = true) {
            unsigned c = TEXT_LOCAL(folded)(*text);
            if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
                break;
            result = result * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
        }
        minus = false;
    } else {
        for (; *text >= '0' && *text <= '9'; text++, any = true)
            result = result * 10 + (ULONGLONG)(*text - '0');
    }
    *value = minus ? (LONGLONG)(0 - result) : (LONGLONG)result;
    return any;
}

int WINAPI TEXT_NAME(StrToInt)(const TEXT_CHAR *pszSrc)
{
    LONGLONG value = 0;
    if (pszSrc && (*pszSrc == '-' || (*pszSrc >= '0' && *pszSrc <= '9')))
        TEXT_LOCAL(number)(pszSrc, STIF_DEFAULT, &value);
    return (int)value;
}

BOOL WINAPI TEXT_NAME(StrToInt64Ex)(const TEXT_CHAR *pszString, DWORD dwFlags, LONGLONG *pllRet)
{
    return pszString && pllRet && TEXT_LOCAL(number)(pszString, dwFlags, pllRet);
}

BOOL WINAPI TEXT_NAME(StrToIntEx)(const TEXT_CHAR *pszString, DWORD dwFlags, int *piRet)
{
    LONGLONG value;
    BOOL found = pszString && TEXT_LOCAL(number)(pszString, dwFlags, &value);
    if (found && piRet)
        *piRet = (int)value;
    return found && piRet;
}

BOOL WINAPI TEXT_NAME(StrTrim)(TEXT_CHAR *psz, const TEXT_CHAR *pszTrimChars)
{
    size_t length = TEXT_LOCAL(length)(psz), start = 0, end = length;
    while (start < end && TEXT_NAME(StrChr)(pszTrimChars, (TEXT_UNIT)psz[start]))
        start++;
    while (end > start && TEXT_NAME(StrChr)(pszTrimChars, (TEXT_UNIT)psz[end - 1]))
        end--;
    memmove(psz, psz + start, (end - start) * sizeof(TEXT_CHAR));
    psz[end - start] = 0;
    return end - start != length;
}

TEXT_CHAR *WINAPI TEXT_NAME(StrDup)(const TEXT_CHAR *pszSrch)
{
    size_t size = pszSrch ? (TEXT_LOCAL(length)(pszSrch) + 1) * sizeof(TEXT_CHAR) : 0;
    TEXT_CHAR *copy = size ? LocalAlloc(LMEM_FIXED, size) : NULL;
    if (copy)
        memcpy(copy, pszSrch, size);
    return copy;
}
