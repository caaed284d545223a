#pragma once

// Which of the documents that match comes first. Pure; the one place that decides it.

#include <penny/search.hpp>

#include "model/search.hpp"

namespace penny::recall {

// Sets the scores and sorts: the higher first, of equals the newer.
//
// `kBest`: Okapi BM25, k1 = 1.2, b = 0.75, over the documents of this user alone. Source: Robertson and Zaragoza, "The
// Probabilistic Relevance Framework: BM25 and Beyond", 2009, with the logarithm's argument raised by 1 so that no word counts
// against a document. `kNewest`: all have the score 0.
void rank(model::Candidates& candidates, SearchOrder order);

}  // namespace penny::recall
