// A client in C++20: its library's threads and what they share, and the limits that the host's headers and Windows' have.
#include <windows.h>

#include <climits>
#include <cstdio>
#include <semaphore>
#include <thread>

int main()
{
    std::counting_semaphore<2> finished(0);
    int count = 0;
    {
        std::jthread one([&] { finished.release(); }), two([&] { finished.release(); });
        while (count < 2) {
            finished.acquire();
            count++;
        }
    }
    std::printf("%d of 2 threads, %ld, %d\n", count, static_cast<long>(LONG_MAX), PATH_MAX);
    return 0;
}
