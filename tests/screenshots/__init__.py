"""Pictures of the page in its main states: ``make screenshots`` makes those of docs/screenshots/ anew."""
