package api

import "net/http"

// Error is what a command answers instead of a result.
type Error struct {
	Code    uint32 `json:"code"`
	Message string `json:"message"`
}

var (
	errInternal              = &Error{100, "internal server error"}
	errUnknownChannel        = &Error{102, "unknown channel"}
	errNotFound              = &Error{104, "not found"}
	errBadRequest            = &Error{107, "bad request"}
	errNotAvailable          = &Error{108, "not available"}
	errUnrecoverablePosition = &Error{112, "unrecoverable position"}
)

// status returns what the error is in HTTP, for callers that want it there.
func (e *Error) status() int {
	switch e {
	case errUnknownChannel, errNotFound:
		return http.StatusNotFound
	case errBadRequest, errNotAvailable:
		return http.StatusBadRequest
	case errUnrecoverablePosition:
		return http.StatusRequestedRangeNotSatisfiable
	default:
		return http.StatusInternalServerError
	}
}
