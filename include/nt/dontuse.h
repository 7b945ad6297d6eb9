/* There for drivers that include it; it says nothing to gcc and clang. */
