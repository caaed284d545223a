#include "base/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <new>
#include <stdexcept>

namespace penny::base {
namespace {

// Fetched once and kept for good: looking it up takes longer than a short hash.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (fetched == nullptr) throw std::runtime_error("penny: OpenSSL offers no SHA-256");
  return fetched;
}

// A hash may be made or ended by the last destructors of a thread, when its pool is gone already.
thread_local bool is_pool_gone = false;

// The contexts of this thread that no hash uses; more of them are made when needed, and not kept.
struct Pool {
  std::array<EVP_MD_CTX*, 8> idle{};
  std::size_t count = 0;
  ~Pool() {
    while (count > 0) EVP_MD_CTX_free(idle[--count]);
    is_pool_gone = true;
  }
};
thread_local Pool pool;

EVP_MD_CTX* take_context() {
  if (!is_pool_gone && pool.count > 0) return pool.idle[--pool.count];
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  if (context == nullptr) throw std::bad_alloc();
  return context;
}

void give_back(EVP_MD_CTX* context) {
  if (is_pool_gone || pool.count == pool.idle.size()) return EVP_MD_CTX_free(context);
  pool.idle[pool.count++] = context;
}

EVP_MD_CTX* context_of(void* context) { return static_cast<EVP_MD_CTX*>(context); }

}  // namespace

Sha256::Sha256() : context_(nullptr) {
  const EVP_MD* const sha256 = algorithm();
  EVP_MD_CTX* const context = take_context();
  if (EVP_DigestInit_ex2(context, sha256, nullptr) != 1) {
    EVP_MD_CTX_free(context);
    throw std::bad_alloc();
  }
  context_ = context;
}

Sha256::~Sha256() { give_back(context_of(context_)); }

void Sha256::update(std::span<const std::uint8_t> bytes) {
  if (EVP_DigestUpdate(context_of(context_), bytes.data(), bytes.size()) != 1) throw std::bad_alloc();
}

void Sha256::update(std::string_view bytes) {
  if (EVP_DigestUpdate(context_of(context_), bytes.data(), bytes.size()) != 1) throw std::bad_alloc();
}

Digest Sha256::finish() {
  Digest digest;
  if (EVP_DigestFinal_ex(context_of(context_), digest.data(), nullptr) != 1) throw std::bad_alloc();
  return digest;
}

}  // namespace penny::base
