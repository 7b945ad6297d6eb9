/*
 * std::wcout and its like: wide text to the console, which is UTF-8. They are no streams of the library, whose own hold wide
 * characters of 32 bits; they pass everything on to std::cout, where manipulators and numbers are the same. Those streams
 * that are not here (std::wstringstream, std::wofstream, ...) do not compile.
 */
#ifndef NTIO_CXX_STREAM_H
#define NTIO_CXX_STREAM_H

namespace ntio
{

inline void narrow(std::string &to, const wchar_t *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char32_t c = text[i];
        if (c >= 0xD800 && c < 0xDC00 && i + 1 < length && text[i + 1] >= 0xDC00 && text[i + 1] < 0xE000)
            c = 0x10000 + ((c - 0xD800) << 10) + (text[++i] - 0xDC00);
        if (c < 0x80) {
            to += (char)c;
        } else if (c < 0x800) {
            to += (char)(0xC0 | c >> 6);
            to += (char)(0x80 | (c & 0x3F));
        } else {
            if (c < 0x10000) {
                to += (char)(0xE0 | c >> 12);
            } else {
                to += (char)(0xF0 | c >> 18);
                to += (char)(0x80 | (c >> 12 & 0x3F));
            }
            to += (char)(0x80 | (c >> 6 & 0x3F));
            to += (char)(0x80 | (c & 0x3F));
        }
    }
}

class wide_out
{
public:
    explicit wide_out(std::ostream &out) : m_out(out) {}
    wide_out(const wide_out &) = delete;

    wide_out &write(const wchar_t *text, std::streamsize length)
    {
        std::string narrowed;
        narrow(narrowed, text, (size_t)length);
        m_out << narrowed;
        return *this;
    }
    wide_out &operator<<(const wchar_t *text) { return text ? write(text, (std::streamsize)ntio_wcslen(text)) : *this; }
    wide_out &operator<<(wchar_t *text) { return *this << (const wchar_t *)text; }
    wide_out &operator<<(wchar_t c) { return write(&c, 1); }
    wide_out &operator<<(const std::wstring &text) { return write(text.data(), (std::streamsize)text.size()); }
#if __cplusplus >= 201703L
    wide_out &operator<<(std::wstring_view text) { return write(text.data(), (std::streamsize)text.size()); }
#endif
    wide_out &operator<<(std::_Setfill<wchar_t> fill)
    {
        m_out << std::setfill((char)fill._M_c);
        return *this;
    }
    wide_out &operator<<(std::ios_base &(*manipulator)(std::ios_base &))
    {
        m_out << manipulator;
        return *this;
    }
    wide_out &operator<<(std::wostream &(*manipulator)(std::wostream &))
    {
        if (manipulator == (std::wostream & (*)(std::wostream &)) std::endl)
            m_out << std::endl;
        else if (manipulator == (std::wostream & (*)(std::wostream &)) std::flush)
            m_out << std::flush;
        return *this;
    }
    template <typename T> wide_out &operator<<(const T &value)
    {
        m_out << value;
        return *this;
    }
    wide_out &put(wchar_t c) { return write(&c, 1); }
    wide_out &flush()
    {
        m_out.flush();
        return *this;
    }
    std::streamsize width(std::streamsize wanted) { return m_out.width(wanted); }
    std::ios_base::fmtflags flags() const { return m_out.flags(); }
    std::ios_base::fmtflags flags(std::ios_base::fmtflags wanted) { return m_out.flags(wanted); }
    std::ios_base::fmtflags setf(std::ios_base::fmtflags wanted) { return m_out.setf(wanted); }
    wchar_t fill(wchar_t wanted) { return (wchar_t)m_out.fill((char)wanted); }
    std::locale imbue(const std::locale &) { return std::locale(); }
    void clear() { m_out.clear(); }
    bool good() const { return m_out.good(); }
    bool fail() const { return m_out.fail(); }
    explicit operator bool() const { return !m_out.fail(); }

private:
    std::ostream &m_out;
};

/* Never complete: the compiler says its name. */
class no_wide_streams_but_wcout_wcerr_wclog;

}

namespace std
{
static ::ntio::wide_out wcout(cout), wcerr(cerr), wclog(clog);
typedef ::ntio::no_wide_streams_but_wcout_wcerr_wclog wstringstream, wostringstream, wistringstream, wofstream, wifstream, wfstream, wstringbuf,
    wfilebuf;
}

#endif
