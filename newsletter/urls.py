from django.urls import path

from . import views

app_name = "newsletter"
urlpatterns = [
    path("", views.signup, name="signup"),
    path("check-your-mail/", views.check_mail, name="check_mail"),
    path("confirm/", views.confirm, name="confirm"),
    path("confirm/done/", views.confirmed, name="confirmed"),
    path("unsubscribe/", views.unsubscribe, name="unsubscribe"),
    path("unsubscribe/done/", views.unsubscribed, name="unsubscribed"),
    path("not-me/", views.not_me, name="not_me"),
    path("not-me/done/", views.suppressed, name="suppressed"),
]
