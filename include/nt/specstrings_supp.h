/* There for sources that include it; SAL says nothing to gcc and clang. */
