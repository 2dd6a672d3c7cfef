#pragma once

namespace lakehouse::cli {

/// May text on standard error have colours? On a terminal that knows them, unless NO_COLOR is set.
bool ColoursOnError();
/// Can a question be asked: are standard input and standard error a terminal?
bool CanAsk();

}  // namespace lakehouse::cli
